"""Serve the pages, and the demo: the main job on the register of real partnerships, then the pages."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graph.errors import BadInput
from graph.sentences import say
from web.commands.common import Shared, as_of_option, console, pass_shared, policy_option, progress

if TYPE_CHECKING:
    from web.settings import Settings

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
    run_server(shared.store_address, host, port, page="proposal")


def run_server(
    store_address: str,
    host: str | None,
    port: int | None,
    page: str = "",
    workers: int | None = None,
    job_workers: int | None = None,
) -> None:
    """Serve until stopped, with workers for jobs beside the pages; prints the address once the port is open.

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
        console().print(f"Open http://{shown}:{number}/{page} (stop with Ctrl-C)", markup=False, highlight=False)

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
