"""A real Neo4j server for the tests: one given by address, one made of Maven's jars, or one of Docker's.

    WOP_TEST_NEO4J            address of a server the tests may empty (bolt://...), with
    WOP_TEST_NEO4J_USER       its user (default neo4j) and
    WOP_TEST_NEO4J_PASSWORD   its password
    WOP_REQUIRE_NEO4J=1       no server is a failure, not a skip

Without an address, Neo4j Community is put together from ``tests/neo4j/pom.xml`` (Maven and Java 17 or 21; the jars
stay in the user's cache folder) and started on a free loopback port with a home folder of its own; where that cannot
be done, Docker is asked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import neo4j

from graph.schema import SCHEMA_VERSION

USER = "neo4j"
PASSWORD = "only-for-tests"
START_SECONDS = 120.0
POM = Path(__file__).with_name("neo4j") / "pom.xml"
IMAGE = "neo4j:5.26-community"

CONFIGURATION = """\
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=64m
dbms.security.auth_enabled=true
dbms.security.auth_max_failed_attempts=0
dbms.usage_report.enabled=false
{more}
"""
JAVA_OPTIONS = [
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # A server of tests lives for seconds: it is up in half the processor time without the best of compilers, and
    # without checking again the classes that its makers have checked.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
]

_DELETE_ALL: tuple[LiteralString, ...] = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS",
    "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS",
)
_DELETE_WRITTEN: tuple[LiteralString, ...] = (
    _DELETE_ALL[0],
    "MATCH (n) WHERE NOT n:WopStore AND NOT n:WopLock CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS",
)
_BEGIN_ANEW: LiteralString = "MATCH (s:WopStore) SET s = {id: s.id, schema_version: $version, sequence: 0}"
_OWN_NAMES: dict[str, LiteralString] = {
    "CONSTRAINT": "SHOW CONSTRAINTS YIELD name",
    "INDEX": "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name",
}


class NoServer(Exception):
    """There is no way to a server here; the text says what was missing."""


class GivenServer:
    """A server somebody else runs; it can be emptied, but neither stopped nor killed."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address, self.user, self.password = address, user, password

    def empty(self, *, schema: bool = False) -> None:
        """Delete all data, with ``schema`` also constraints and indexes, as if the database were new."""
        with self._session() as session:
            for query in _DELETE_ALL:
                session.run(query).consume()
            for kind in ("CONSTRAINT", "INDEX") if schema else ():
                for name in session.run(_OWN_NAMES[kind]).value():
                    session.run(f"DROP {kind} `{name}` IF EXISTS").consume()

    def reset(self) -> None:
        """Make a store nobody has written to of the one there is; its schema, which takes a while to make, is kept."""
        with self._session() as session:
            for query in _DELETE_WRITTEN:
                session.run(query).consume()
            session.run(
                "MATCH (s:WopStore) SET s = {id: s.id, schema_version: $version, sequence: 0}", version=SCHEMA_VERSION
            )

    @contextlib.contextmanager
    def _session(self) -> Iterator[neo4j.Session]:
        driver = neo4j.GraphDatabase.driver(self.address, auth=(self.user, self.password))
        with driver, driver.session() as session:
            yield session

    def stop(self) -> None:
        """Somebody else's server goes on."""


class OwnServer(GivenServer):
    """A server of jars with a home folder of its own; it may be stopped, killed and started again."""

    def __init__(self, home: Path, *, settings: str = "", port: int | None = None) -> None:
        """A server that is not started yet; ``settings`` are further lines of its configuration."""
        self.home = home
        self.port = port or free_port()
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        super().__init__(f"bolt://127.0.0.1:{self.port}", USER, PASSWORD)

    def start(self) -> None:
        """Start it (again) and wait until it answers; its data is as it was left."""
        jars = gathered_jars()
        for folder in ("conf", "logs"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        configuration = CONFIGURATION.format(port=self.port, more=self.settings)
        (self.home / "conf" / "neo4j.conf").write_text(configuration, encoding="utf-8")
        with (self.home / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(java(), *JAVA_OPTIONS, "-cp", f"{jars}/*", "org.neo4j.server.CommunityEntryPoint"),
                    *(f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}", "--console-mode"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupt of the tests is not one of the server: it is ended cleanly
            )
        self._wait()

    def stop(self) -> None:
        """End it cleanly."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it hang: connections stay open and nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process is not None
            try:
                _set_password(self.address)
                _await_database(self.address)
                return
            except neo4j.exceptions.ServiceUnavailable:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    said = (self.home / "console.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                    raise NoServer(f"Neo4j did not start: {said}") from None
                time.sleep(0.2)


class DockerServer(GivenServer):
    """A server of Docker's."""

    def __init__(self) -> None:
        port = free_port()
        super().__init__(f"bolt://127.0.0.1:{port}", USER, PASSWORD)
        started = subprocess.run(
            [
                *("docker", "run", "--rm", "--detach", "--publish", f"127.0.0.1:{port}:7687"),
                *("--env", f"NEO4J_AUTH={USER}/{PASSWORD}", "--env", "NEO4J_server_memory_heap_max__size=512m", IMAGE),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode != 0:
            raise NoServer(f"Docker did not start {IMAGE}: {started.stderr.strip()}")
        self._container = started.stdout.strip()
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.address):
            if time.monotonic() > deadline:
                self.stop()
                raise NoServer(f"{IMAGE} did not answer within {START_SECONDS:.0f} s.")
            time.sleep(0.5)

    def stop(self) -> None:
        """End and remove the container."""
        subprocess.run(["docker", "stop", self._container], capture_output=True, check=False)


@contextlib.contextmanager
def a_server() -> Iterator[GivenServer]:
    """The first server there is a way to, ended afterwards; raises ``NoServer`` with what is missing."""
    address = os.environ.get("WOP_TEST_NEO4J")
    if address:
        user = os.environ.get("WOP_TEST_NEO4J_USER", USER)
        yield GivenServer(address, user, os.environ.get("WOP_TEST_NEO4J_PASSWORD", ""))
        return
    with contextlib.ExitStack() as stack:
        try:
            server: GivenServer = stack.enter_context(own_server())
        except NoServer as without:
            if shutil.which("docker") is None:
                raise
            try:
                server = DockerServer()
            except NoServer as error:
                raise NoServer(f"{without} {error}") from error
            stack.callback(server.stop)
        yield server


@contextlib.contextmanager
def own_server(settings: str = "") -> Iterator[OwnServer]:
    """A started server for one purpose, with a temporary home; raises ``NoServer``."""
    with tempfile.TemporaryDirectory(prefix="wop-neo4j-", ignore_cleanup_errors=True) as home:
        server = OwnServer(Path(home), settings=settings)
        try:
            server.start()
            yield server
        finally:
            server.kill()  # its home goes with it: there is nothing to end cleanly


def java() -> str:
    """A Java that Neo4j 5 runs on; raises ``NoServer``."""
    homes = [Path(os.environ["JAVA_HOME"]) / "bin" / "java"] if os.environ.get("JAVA_HOME") else []
    found = [str(path) for path in homes if path.exists()] + [path for path in [shutil.which("java")] if path]
    for candidate in found:
        said = subprocess.run([candidate, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', said)
        if version and int(version[1]) in (17, 21):
            return candidate
    raise NoServer("Neo4j needs Java 17 or 21, and none was found.")


def gathered_jars() -> Path:
    """The folder with the server's jars, filled by Maven the first time; raises ``NoServer``."""
    java()
    version = re.search(r"<neo4j\.version>([^<]+)<", POM.read_text(encoding="utf-8"))
    assert version is not None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wop-neo4j"
    cache.mkdir(parents=True, exist_ok=True)
    jars = cache / "lib"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two sessions started together fetch them once
        if (jars / f"neo4j-server-{version[1]}.jar").exists() and (jars / f"neo4j-{version[1]}.jar").exists():
            return jars
        maven = shutil.which("mvn")
        if maven is None:
            raise NoServer("The jars of Neo4j are fetched by Maven (the command mvn), and it was not found.")
        draft = cache / "lib.part"
        shutil.rmtree(draft, ignore_errors=True)
        fetched = subprocess.run(
            [
                *(maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"),
                f"-DoutputDirectory={draft}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode != 0:
            raise NoServer(f"Maven could not fetch Neo4j: {(fetched.stdout + fetched.stderr).strip()[-500:]}")
        shutil.rmtree(jars, ignore_errors=True)
        draft.rename(jars)
    return jars


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with neo4j.GraphDatabase.driver(address, auth=(USER, PASSWORD)) as driver:
            driver.verify_connectivity()
    except (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError):
        return False
    return True


def _await_database(address: str) -> None:
    """Wait for the database itself: a server that was killed answers before it has brought it back."""
    with neo4j.GraphDatabase.driver(address, auth=(USER, PASSWORD)) as driver:
        driver.execute_query("RETURN 1", database_="neo4j")  # tried again for half a minute while it is unavailable


def _set_password(address: str) -> None:
    """Replace the password of a new server; one that was started before has ours already."""
    try:
        with neo4j.GraphDatabase.driver(address, auth=(USER, PASSWORD)) as driver:
            driver.verify_connectivity()  # asks once; a query would be tried again for half a minute
            return
    except neo4j.exceptions.AuthError:
        pass
    with neo4j.GraphDatabase.driver(address, auth=(USER, "neo4j")) as driver:
        driver.execute_query("ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new", new=PASSWORD, database_="system")
