"""Serve the pages, and the demo: the main job on the register of real partnerships, then the pages."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from graph.accounts import Account, Role, accounts, put_account
from graph.errors import BadInput, StoreUnavailable
from graph.sentences import say
from graph.store import Store
from web.commands.common import (
    Shared,
    as_of_option,
    console,
    error_console,
    pass_shared,
    policy_option,
    progress,
)
from web.commands.links import new_link
from web.stores import open_store

if TYPE_CHECKING:
    from matcher.document import ProposalDocument
    from web.settings import Settings

OWN_LOGIN = "me@this-machine"
"""Whoever starts the service on a machine of their own has the store in hand, and so may come in."""

DEMO_STORE = "sqlite:///wop-demo.sqlite"

host_option = click.option("--host", help="The address to listen on (default: this machine only).")
job_workers_option = click.option(
    "--job-workers", type=click.IntRange(0, 64), help="Worker processes for jobs beside the pages (default: 1)."
)
port_option = click.option("--port", type=click.IntRange(0, 65535), help="The port (default: 8000, or a free one).")


@click.command()
@host_option
@port_option
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that answer (needs gunicorn; default: one).")
@job_workers_option
@pass_shared
def serve(shared: Shared, host: str | None, port: int | None, workers: int | None, job_workers: int | None) -> None:
    """Serve the pages, on this machine only unless --host says otherwise, and work on jobs."""
    run_server(shared.store_address, host, port, workers=workers, job_workers=job_workers)


@click.command()
@policy_option
@as_of_option
@host_option
@port_option
@click.pass_context
def demo(context: click.Context, policy_name: str, as_of: date, host: str | None, port: int | None) -> None:
    """Import the register of real partnerships, match, and serve the proposal."""
    from graph.ingest import import_paths
    from graph.reference import REGISTER, load_reference
    from web.commands.match import run_match

    shared = context.find_object(Shared)
    parent = context.parent
    assert shared is not None  # noqa: S101 - the group always makes one
    assert parent is not None  # noqa: S101 - a subcommand has a parent
    if parent.get_parameter_source("store") is click.core.ParameterSource.DEFAULT:
        shared = Shared(DEMO_STORE)
    out = console()
    with shared.store() as store, progress("Importing the register") as tell:
        load_reference(store)
        report = import_paths(store, [Path(str(REGISTER))], progress=tell)
    rows = sum(counts.created + counts.updated + counts.unchanged for counts in report.counts.values())
    out.print(f"Register: {rows:,} rows read into {shared.store_address}.", markup=False, highlight=False)
    document = run_match(shared, policy_name, as_of)
    totals = document["totals"]
    out.print(
        f"Proposal: {totals['pairs']} pairs; {totals['served']} of {totals['mentees']} mentees have a partner,"
        f" {totals['unmatched']} do not, each with a reason. Verified.",
        markup=False,
        highlight=False,
    )
    with shared.store() as store:
        people = demo_people(store, document)
    run_server(shared.store_address, host, port, page="proposal", people=people)


def demo_people(store: Store, document: ProposalDocument) -> list[tuple[str, str, str]]:
    """Three accounts of the demo: who, their login, and the path they come to."""
    pair = max(document["pairs"], key=lambda pair: pair["fit"])
    mentee = pair["mentee"]["id"]
    own = f"/proposal/pair/{quote(pair['mentor']['id'])}/{quote(mentee)}"
    people: tuple[tuple[str, str, tuple[Role, ...], tuple[str, ...], str], ...] = (
        ("facilitator", "facilitator@demo", ("facilitator", "administrator"), (), "/proposal"),
        ("utility", "utility@demo", ("utility",), (mentee,), own),
        ("planner", "planner@demo", ("planner",), (), "/plan"),
    )
    with store.write() as transaction:
        for who, login, roles, utilities, _path in people:
            put_account(transaction, Account(login, f"Demo {who}", roles, utilities=utilities), datetime.now(UTC))
    return [(who, login, path) for who, login, _roles, _utilities, path in people]


def print_links(settings: Settings, host: str, base: str, people: Sequence[tuple[str, str, str]]) -> None:
    """Print a link that signs in once for each of these people, and for whoever runs the service on this machine."""
    out = console()
    try:
        with contextlib.closing(open_store(settings.store)) as store:
            if not people:
                people = own_account(store) if is_loopback(host) and not settings.proxies else ()
                with store.read() as reader:
                    nobody = not people and not accounts(reader)
                if nobody:
                    out.print("Nobody has an account yet: “wop user invite” makes one and its link.", highlight=False)
            for who, login, path in people:
                link = new_link(store, login, base, path)
                out.print(f"Sign in as {who}: {link}", markup=False, highlight=False, soft_wrap=True)
    except StoreUnavailable as error:
        error_console().print(str(error), markup=False, highlight=False)


def own_account(store: Store) -> list[tuple[str, str, str]]:
    """The account of whoever runs the service on this machine, made where there is none; none once others have one."""
    with store.write() as transaction:
        known = accounts(transaction)
        if not known:
            roles: tuple[Role, ...] = ("facilitator", "administrator")
            put_account(transaction, Account(OWN_LOGIN, "This machine", roles), datetime.now(UTC))
        elif [account.id for account in known if not account.disabled] != [OWN_LOGIN]:
            return []
    return [("facilitator and administrator", OWN_LOGIN, "/")]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return ipaddress.ip_address(host).is_loopback


def run_server(
    store_address: str,
    host: str | None,
    port: int | None,
    page: str = "",
    workers: int | None = None,
    job_workers: int | None = None,
    people: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Serve until stopped, with workers for jobs beside the pages; prints the address once the port is open.

    Links that sign in once are printed for ``people`` (who, their login, the path they come to), and on this machine
    only, as long as nobody else has an account, for whoever runs it.

    One process answers, unless ``workers`` or the setting of that name asks for several.
    Raises ``BadInput`` where the port asked for is taken or not allowed, or several processes cannot be had.
    """
    from web.logs import configure_logs
    from web.settings import read_settings

    settings = read_settings(store=store_address)
    configure_logs(settings)
    listener = listen(host or settings.host, [settings.port, 0] if port is None else [port])
    address, number = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address

    def ready() -> None:
        base = f"http://{shown}:{number}"
        console().print(f"Open {base}/{page} (stop with Ctrl-C)", markup=False, highlight=False)
        print_links(settings, address, base, people)

    from web.jobs.children import Workers
    from web.jobs.storage import queue_address

    queue = queue_address(settings.queue, settings.store)
    with Workers(settings.job_workers if job_workers is None else job_workers, settings.store, queue):
        _answer(settings, listener, workers or settings.workers, ready)


def _answer(settings: Settings, listener: socket.socket, count: int | None, ready: Callable[[], None]) -> None:
    """Answer requests until stopped, by one process or by so many."""
    if count is not None:
        from web.cluster import run_workers
        from web.late_store import LateStore

        # What is wrong with the store for good is said before anything is started; each worker opens its own.
        early = LateStore(settings.store)
        early.open_early()
        early.close()
        run_workers(settings, listener, count, ready)
        return
    from waitress import create_server

    from web.app import create_app
    from web.cluster import THREADS

    server = create_server(
        create_app(settings),
        sockets=[listener],
        threads=THREADS,
        ident="wop",
        clear_untrusted_proxy_headers=not settings.proxies,  # else the application would not see them
    )
    with contextlib.suppress(KeyboardInterrupt):
        # A system that stops the service means what Ctrl-C means, also where it is the first process of a container.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        ready()
        server.run()
    server.close()


def listen(host: str, ports: list[int]) -> socket.socket:
    """An open listening socket on the first of these ports that is free.

    Raises ``BadInput`` where none of them can be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last: OSError | None = None
    for candidate in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError as error:
            listener.close()
            last = error
            continue
        listener.listen(128)
        return listener
    raise BadInput(
        say(
            "The address {host}:{port} cannot be used: {reason}.",
            host=host,
            port=str(ports[0]),
            reason=last.strerror if last and last.strerror else str(last),
        ),
        say("Choose another with --port, or --port 0 for any free one."),
    )
