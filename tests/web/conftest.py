"""Where pytest looks for the fixtures of ``web_fixtures``."""

from postbox import postbox
from redis_server import redis_server
from web_fixtures import app, browser, client, empty_client, real_address, real_app, solved_client

__all__ = [
    "app",
    "browser",
    "client",
    "empty_client",
    "postbox",
    "real_address",
    "real_app",
    "redis_server",
    "solved_client",
]
