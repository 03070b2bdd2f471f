"""Views of the network that people keep: save one, open it, delete it."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

from flask import url_for
from pydantic import Field, ValidationError

from graph.accounts import Role
from graph.errors import BadInput
from graph.saved_views import delete_view, save_view
from graph.sentences import say
from web.action import Body, Changed, action
from web.knowledge import keeper
from web.network_view import ViewQuery
from web.pages.explore import ViewRow, address_of, view_row
from web.pages.network import pages
from web.signing_in import signed_in

LONGEST_QUESTION = 2_000


class ViewBody(Body):
    """A view to keep."""

    name: str = Field(max_length=100, description="What the view is called.")
    question: str = Field(
        default="", max_length=LONGEST_QUESTION, description="The query of the view's address, without “?”."
    )
    roles: tuple[Role, ...] = Field(default=(), description="Roles that see it, too; nobody else where absent.")


@action(pages, "/network/views", ViewBody, ViewRow)
def save(body: ViewBody) -> Changed:
    """Keep a view of the network under a name, for oneself or for roles."""
    account = signed_in().account
    question = question_of(body.question)
    with keeper().store.write() as transaction:
        view = save_view(transaction, account, body.name, question, body.roles, datetime.now(UTC))
    return Changed(view_row(view, account.id), f"{url_for('network.explore')}?{question}#views", new=True)


@action(pages, "/network/views/<view_id>/delete", Body, ViewRow)
def delete(_body: Body, view_id: str) -> Changed:
    """Delete a view of one's own."""
    account = signed_in().account
    with keeper().store.write() as transaction:
        view = delete_view(transaction, account, view_id)
    return Changed(view_row(view, account.id), f"{url_for('network.explore')}#views")


def question_of(text: str) -> str:
    """The query of a view's address in one form. Raises ``BadInput`` for one that asks what no view answers."""
    given = {name: values[-1] for name, values in parse_qs(text.lstrip("?")).items()}
    asked = {name: value for name, value in given.items() if name in ViewQuery.model_fields}
    try:
        query = ViewQuery.model_validate(asked)
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False)[0]
        raise BadInput(
            say(
                "“{value}” cannot be used for the parameter “{parameter}”.",
                value=str(problem["input"]),
                parameter=str(problem["loc"][0]),
            ),
            say("Correct the address, or start again from the page without parameters."),
        ) from None
    return urlencode(address_of(query))
