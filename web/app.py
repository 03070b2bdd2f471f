"""The application factory: settings in, a Flask application out."""

from __future__ import annotations

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from graph.sentences import say
from matcher.words import ATTRIBUTE_NAMES, attribute_name
from web.access import init_access
from web.action import init_actions
from web.api_prefix import ApiPrefix
from web.app_version import our_version
from web.backtested import BacktestKeeper
from web.delivery import init_delivery
from web.drawings import DrawingKeeper
from web.failures import init_failures
from web.i18n import init_languages
from web.jobs.board import JobBoard
from web.jobs.storage import queue_address
from web.knowledge import KnowledgeKeeper
from web.late_store import LateStore
from web.logs import init_logs
from web.metrics import init_metrics, store_used
from web.network_seen import SeenKeeper
from web.openapi import init_openapi
from web.pages import BLUEPRINTS
from web.pages.provider import init_provider
from web.partners import PartnersKeeper
from web.planned import PlanKeeper
from web.provider import provider_of
from web.settings import Settings
from web.shown import here_with
from web.signing_in import init_sign_in
from web.sizes import init_sizes
from web.solved import SolvedKeeper


def create_app(settings: Settings | None = None) -> APIFlask:
    """The whole service over the store the settings name; the store is opened, not read.

    Raises as ``web.late_store.LateStore.open_early`` does, and ``BadInput`` for a token file that cannot be used.
    """
    settings = settings or Settings()
    app = APIFlask(
        __name__,
        title="WOP matcher",
        version=our_version(),
        docs_path=None,
        spec_path=None,
        json_errors=False,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    store = LateStore(settings.store, store_used, settings.store_timeout)
    store.open_early()
    app.extensions["wop"] = KnowledgeKeeper(store, settings.cached_proposals, settings.request_timeout)
    app.extensions["wop_solved"] = SolvedKeeper(app.extensions["wop"], settings)
    app.extensions["wop_backtest"] = BacktestKeeper(app.extensions["wop"], settings)
    app.extensions["wop_plan"] = PlanKeeper(settings)
    app.extensions["wop_partners"] = PartnersKeeper(settings)
    app.extensions["wop_drawing"] = DrawingKeeper(store)
    app.extensions["wop_seen_network"] = SeenKeeper(settings)
    app.extensions["wop_settings"] = settings
    app.extensions["wop_jobs"] = JobBoard(queue_address(settings.queue, settings.store), settings.job_lost_after)
    app.extensions["wop_metrics_token"] = settings.metrics_secret()
    app.jinja_env.globals.update(
        here_with=here_with, say=say, attribute_name=attribute_name, ATTRIBUTE_NAMES=ATTRIBUTE_NAMES
    )
    app.wsgi_app = ApiPrefix(app.wsgi_app)  # type: ignore[method-assign]  # how Flask says middleware is added
    if settings.proxies:
        # Each header counts exactly the proxies that set it, so that nobody in front of them can forge one.
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # how Flask says middleware is added
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    init_logs(app)
    init_metrics(app)
    init_languages(app, settings)
    init_failures(app, settings)
    init_sign_in(app, store, settings)
    init_openapi(app)
    init_provider(app, provider_of(settings))
    init_sizes(app, settings)
    init_access(app)
    init_actions(app)
    init_delivery(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
