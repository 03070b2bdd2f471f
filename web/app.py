"""The application factory: settings in, a Flask application out."""

from __future__ import annotations

from apiflask import APIFlask

from graph.sentences import say
from graph.store import open_store
from matcher.words import ATTRIBUTE_NAMES, attribute_name
from web.app_version import our_version
from web.delivery import init_delivery
from web.failures import init_failures
from web.i18n import init_languages
from web.knowledge import KnowledgeKeeper
from web.openapi import init_openapi
from web.pages import BLUEPRINTS
from web.settings import Settings
from web.shown import here_with
from web.solved import SolvedKeeper


def create_app(settings: Settings | None = None) -> APIFlask:
    """The whole service over the store the settings name; the store is opened, not read.

    Raises ``UnknownName`` for a store address nobody understands, ``StoreUnavailable`` and ``StoreTooNew`` as
    ``graph.store.open_store`` does.
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
    store = open_store(settings.store)
    app.extensions["wop"] = KnowledgeKeeper(store, settings.cached_proposals)
    app.extensions["wop_solved"] = SolvedKeeper(app.extensions["wop"], settings)
    app.extensions["wop_settings"] = settings
    app.jinja_env.globals.update(
        here_with=here_with, say=say, attribute_name=attribute_name, ATTRIBUTE_NAMES=ATTRIBUTE_NAMES
    )
    init_languages(app, settings)
    init_failures(app, settings)
    init_delivery(app, store)
    init_openapi(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
