"""What counts as an answer, asked of real sockets on this computer."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from testbed.apply import reaching
from testbed.apply.reaching import Place, from_here, reach


class WantsToKnowWho(BaseHTTPRequestHandler):
    """Answers as a registry does that asks for a login."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy on the way to this computer itself, and patience where it is busy."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reaching, "_PATIENCE", 10)


@pytest.fixture
def registry() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), WantsToKnowWho)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_whoever_asks_for_a_login_is_there(registry: str) -> None:
    assert from_here(f"http://{registry}/v2/") == ""


def test_a_registry_without_tls_is_found_by_its_second_url(registry: str) -> None:
    urls = (f"https://{registry}/v2/", f"http://{registry}/v2/")
    assert reach(Place("images", urls, "here", from_here)).why == ""
    assert from_here(urls[0]) != ""


def test_silence_is_not_waited_for(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "_PATIENCE", 0.3)
    assert "timed out" in from_here(f"http://{silent}/v2/")


def test_a_closed_port_is_told(silent: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert "refused" in from_here(f"http://127.0.0.1:{port}/")


def test_a_name_nobody_has_is_told() -> None:
    assert from_here("https://registry.invalid/v2/") != ""
