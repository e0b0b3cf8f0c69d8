"""Calls through a guest: SSH carries them, and HTTP is spoken over it."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from testbed.guest import NothingAnswers, SshGuest, Unreachable
from testbed.probe.cloud.http import call


class Echo(BaseHTTPRequestHandler):
    """Tells what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        told = f"{self.path} {self.headers['X-Word']} ".encode() + asked
        self.send_response(int(self.headers.get("X-Status", "200")))
        self.send_header("X-Heard", "yes")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def do_GET(self) -> None:
        """Answer as services behind a balancer do, or as those that just hang up at the end."""
        self.send_response(200)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(3):
                self.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            if self.path == "/the-last-one":
                self.send_header("Connection", "close")
                self.send_header("Content-Length", "3000")
            self.end_headers()
            self.wfile.flush()
            time.sleep(0.1)  # the body comes once the head has been read
            self.wfile.write(b"x" * 3000)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_request_passes_through_the_guest(guest: SshGuest, port: int) -> None:
    url = f"http://127.0.0.1:{port}/v3/x?name=a"
    told = call(guest, "POST", url, headers={"X-Word": "w"}, body=b"text")
    assert (told.status, told.body) == (200, b"/v3/x?name=a w text")
    assert told.headers["x-heard"] == "yes"


def test_a_large_answer_arrives_whole(guest: SshGuest, port: int) -> None:
    body = b"x" * 3_000_000
    told = call(guest, "POST", f"http://127.0.0.1:{port}/", headers={"X-Word": "w"}, body=body)
    assert told.body == b"/ w " + body


@pytest.mark.parametrize("path", ["/chunks", "/until-it-hangs-up", "/the-last-one"])
def test_an_answer_of_unknown_length_arrives_whole(guest: SshGuest, port: int, path: str) -> None:
    assert call(guest, "GET", f"http://127.0.0.1:{port}{path}").body == b"x" * 3000


def test_a_refusal_is_an_answer(guest: SshGuest, port: int) -> None:
    headers = {"X-Word": "w", "X-Status": "409"}
    told = call(guest, "POST", f"http://127.0.0.1:{port}/", headers=headers, body=b"")
    assert (told.status, told.ok) == (409, False)


def test_calls_and_commands_share_one_connection(guest: SshGuest, sshd: Any, port: int) -> None:
    from testbed.guest import Command

    guest.run(Command(("true",)))
    call(guest, "POST", f"http://127.0.0.1:{port}/", headers={"X-Word": "w"}, body=b"")
    guest.run(Command(("true",)))
    assert len(sshd.transports) == 1


def test_an_address_nobody_listens_at_is_told_and_the_connection_stays(
    guest: SshGuest, sshd: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for _ in range(2):
        with pytest.raises(NothingAnswers, match=f"node1: nothing answers at 127.0.0.1:{port}"):
            call(guest, "GET", f"http://127.0.0.1:{port}/")
    assert len(sshd.transports) == 1


def test_an_address_that_never_answers_is_not_waited_for_beyond_the_deadline(
    guest: SshGuest, sshd: Any
) -> None:
    sshd.swallows_calls = True
    sshd.awake.clear()
    with pytest.raises(NothingAnswers, match="nothing answers at"):
        call(guest, "GET", "http://127.0.0.1:9/", timeout=0.5)


def test_what_takes_the_call_and_says_nothing_is_told(guest: SshGuest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(NothingAnswers, match="does not answer GET /v3") as caught:
            call(guest, "GET", f"http://127.0.0.1:{port}/v3", timeout=0.5)
    assert caught.value.why == "nothing came within 0.5 s"


def test_what_hangs_up_at_once_is_told(guest: SshGuest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:
        port = rude.getsockname()[1]
        threading.Thread(target=lambda: rude.accept()[0].close(), daemon=True).start()
        with pytest.raises(NothingAnswers, match="does not answer GET /"):
            call(guest, "GET", f"http://127.0.0.1:{port}/")


def test_a_guest_that_is_not_there_is_unreachable(sshd: Any, reach: Any, port: int) -> None:
    gone = reach(sshd.port)
    sshd.close()
    with pytest.raises(Unreachable):
        call(gone, "GET", f"http://127.0.0.1:{port}/")
