"""What the service counts about itself, for Prometheus.

Counts are kept by process. Where several processes serve (``wop serve --workers``), each writes its own into the
folder that ``PROMETHEUS_MULTIPROC_DIR`` names before this module is imported, and any of them answers with the sum.
The store's revision and the length of the queue are asked when somebody looks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from graph.errors import StoreUnavailable, WopError
from graph.store import Store
from web.app_version import our_version
from web.late_store import Operation

REGISTRY = CollectorRegistry()
"""What this process counts; several applications of one process share it."""

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that makes the client count in files of a folder that several processes share."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SOLVE_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)

_requests = Histogram(
    "wop_request_seconds",
    "Requests answered, by page, method and status.",
    ("route", "method", "status"),
    registry=REGISTRY,
    buckets=SECONDS,
)
_store_uses = Histogram(
    "wop_store_seconds",
    "Uses of the store by this service, from beginning to end.",
    ("operation",),
    registry=REGISTRY,
    buckets=SECONDS,
)
_store_failures = Counter(
    "wop_store_failures", "Uses of the store that failed because it was not available.", registry=REGISTRY
)
_solves = Histogram(
    "wop_solve_seconds", "Rounds solved, by how it ended.", ("status",), registry=REGISTRY, buckets=SOLVE_SECONDS
)


def init_metrics(app: Flask) -> None:
    """Count the requests of an application."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        # Addresses nobody serves are one route, so that strangers cannot make counts without end.
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        seconds = time.perf_counter() - g.began if "began" in g else 0.0
        _requests.labels(route, method, str(response.status_code)).observe(seconds)
        return response


def store_used(operation: Operation, seconds: float, available: bool) -> None:
    """Count one use of the store (``web.late_store.Watch``)."""
    _store_uses.labels(operation).observe(seconds)
    if not available:
        _store_failures.inc()


@contextmanager
def solve_counted() -> Iterator[None]:
    """Count the solve done in this block: ``solved``, or the kind of error that ended it."""
    began = time.perf_counter()
    status = "solved"
    try:
        yield
    except WopError as error:
        status = type(error).__name__
        raise
    except BaseException:
        status = "failed"
        raise
    finally:
        _solves.labels(status).observe(time.perf_counter() - began)


@dataclass(frozen=True)
class Present(Collector):
    """What is true at the moment somebody looks: the store's revision and answering time, and the queue's length.

    ``queue_length`` gives the number of jobs waiting, ``None`` where it is not known.
    """

    store: Store
    queue_length: Callable[[], int | None] | None = None

    def collect(self) -> Iterator[Metric]:
        """The gauges; those nobody can tell now are left out."""
        build = GaugeMetricFamily("wop_build_info", "Version of the service.", labels=("version",))
        build.add_metric((our_version(),), 1)
        yield build
        began = time.perf_counter()
        try:
            revision = self.store.revision()
        except WopError:
            yield GaugeMetricFamily("wop_store_up", "1 where the store answers, else 0.", 0)
            return
        seconds = time.perf_counter() - began
        yield GaugeMetricFamily("wop_store_up", "1 where the store answers, else 0.", 1)
        yield GaugeMetricFamily("wop_store_revision", "Revision of the store.", revision)
        yield GaugeMetricFamily("wop_store_answer_seconds", "Time the store took to tell its revision.", seconds)
        try:
            waiting = self.queue_length() if self.queue_length is not None else None
        except StoreUnavailable:
            return
        if waiting is not None:
            yield GaugeMetricFamily("wop_queue_length", "Jobs waiting for a worker.", waiting)


def exposition(present: Present) -> bytes:
    """Everything there is to say, in the text format of Prometheus."""
    counted = REGISTRY
    if FOLDER_VARIABLE in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    now = CollectorRegistry()
    now.register(present)
    return generate_latest(counted) + generate_latest(now)
