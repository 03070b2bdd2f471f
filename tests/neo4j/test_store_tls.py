"""A real server stopped and started in another way: encrypted, with a certificate of its own making, and read-only."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from needed_programs import needed_program
from neo4j_server import OwnServer
from test_store_failures import JSON

from graph.errors import StoreUnavailable
from graph.neo4j_access import Neo4jAccess
from graph.store import Store, open_store
from web.app import create_app
from web.settings import Settings

pytestmark = pytest.mark.slow

TLS = """\
server.bolt.tls_level=REQUIRED
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory={folder}
dbms.ssl.policy.bolt.private_key=key.pem
dbms.ssl.policy.bolt.public_certificate=certificate.pem
dbms.ssl.policy.bolt.client_auth=NONE
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that nobody but itself vouches for."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *(needed_program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem")),
            *("-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def server(neo4j_to_kill: OwnServer, certificate: Path) -> OwnServer:
    """A store with one region whose server, started anew, speaks nothing but TLS and takes no changes."""
    with closing(open_store(neo4j_to_kill.address, access_to(neo4j_to_kill))) as store:
        with store.write() as transaction:
            transaction.merge_nodes("Region", {"id": ["kept"]})
        neo4j_to_kill.stop()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            store.revision()
    neo4j_to_kill.settings = f"{TLS.format(folder=certificate.parent)}server.databases.read_only=neo4j\n"
    neo4j_to_kill.address = neo4j_to_kill.address.replace("bolt://", "bolt+ssc://")
    neo4j_to_kill.start()
    return neo4j_to_kill


def access_to(server: OwnServer) -> Neo4jAccess:
    return Neo4jAccess(server.user, server.password, retry_seconds=0.1)


def opened(server: OwnServer, scheme: str) -> Store:
    return open_store(server.address.replace("bolt+ssc://", f"{scheme}://"), access_to(server))


def regions(store: Store) -> list[str]:
    with closing(store), store.read() as reader:
        return reader.nodes("Region")["id"]


def test_a_read_only_server_is_read_and_not_changed(server: OwnServer) -> None:
    def write() -> None:
        with closing(opened(server, "bolt+ssc")) as store, store.write() as transaction:
            transaction.merge_nodes("Region", {"id": ["refused"]})

    with pytest.raises(StoreUnavailable, match=r"read-only.*Nothing was changed"):
        write()
    assert regions(opened(server, "bolt+ssc")) == ["kept"]


@pytest.mark.parametrize("scheme", ["bolt+ssc", "neo4j+ssc"])
def test_any_certificate_will_do_where_the_address_says_so(server: OwnServer, scheme: str) -> None:
    assert regions(opened(server, scheme)) == ["kept"]


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_an_unknown_certificate_is_refused_and_a_known_one_is_not(
    server: OwnServer, certificate: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreUnavailable, match=r"certificate .* not trusted: self-signed.*SSL_CERT_FILE"):
        opened(server, scheme)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert regions(opened(server, scheme)) == ["kept"]


def test_a_page_says_that_the_certificate_is_not_trusted(server: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOP_STORE_USER", server.user)
    monkeypatch.setenv("WOP_STORE_PASSWORD", server.password)
    client = create_app(Settings(store=server.address.replace("+ssc", "+s"))).test_client()
    page = client.get("/utilities", headers=JSON)
    assert page.status_code == 503
    assert page.json is not None
    assert "is not trusted" in page.json["title"]


def test_an_address_without_encryption_finds_nobody(server: OwnServer) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        opened(server, "bolt")
