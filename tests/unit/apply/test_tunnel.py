"""The way to OpenStack through a machine that reaches it, and what is said where none does."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # the ssh that is none is shared

import fake_ssh

from testbed.apply import tunnel
from testbed.errors import StateError
from testbed.wait import Seen, wait_until

VIP = ("10.0.10.250", 5000)


@pytest.fixture
def page() -> str:
    """What is answered to whoever asks for a page."""
    return "302 Found"


@pytest.fixture
def server(page: str) -> Iterator[int]:
    """Something that answers each line with itself, and whoever asks for a page as a web server."""

    def reply(asked: bytes) -> bytes:
        return f"HTTP/1.1 {page}\r\n\r\n".encode() if asked.startswith(b"HEAD / ") else asked

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    line = listening.accept()[0]
                except OSError:
                    return
                line.sendall(reply(line.recv(100)))
                line.close()

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: int) -> Any:
    def install(**settings: Any) -> Path:
        routes = {f"{VIP[0]}:{VIP[1]}": f"127.0.0.1:{server}"}
        for name, value in fake_ssh.install(
            tmp_path / "bin", {"routes": routes, **settings}
        ).items():
            monkeypatch.setenv(name, value)
        return tmp_path / "bin" / "log"

    return install


def listens(near: tunnel.Near) -> bool:
    try:
        socket.create_connection((near.host, near.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_proxy_goes_through_the_first_machine_and_ends_with_the_block(ssh: Any) -> None:
    log, near = ssh(), tunnel.free("127.0.0.1")
    with tunnel.proxy(Path("cfg"), ["node1", "node2"], near, VIP) as opened:
        assert opened.machine == "node1"
        assert opened.ended() is None
        assert listens(near)
    assert not listens(near)
    (line,) = log.read_text().splitlines()
    assert line.startswith("-F cfg ")
    assert line.endswith(f"-D {near} node1 cat")
    assert "ExitOnForwardFailure=yes" in line
    assert "ServerAliveInterval=30 -o ServerAliveCountMax=6" in line  # a hung machine ends it


def test_a_machine_that_lets_nobody_in_is_passed_over(ssh: Any) -> None:
    ssh(refuses=["node1"])
    near = tunnel.free("127.0.0.1")
    with tunnel.proxy(Path("cfg"), ["node1", "node2"], near, VIP) as opened:
        assert opened.machine == "node2"


def test_a_way_that_ends_by_itself_says_so(ssh: Any) -> None:
    ssh(lasts=0.2)
    near = tunnel.free("127.0.0.1")
    with tunnel.proxy(Path("cfg"), ["node1"], near, VIP) as opened:
        wait_until("its end", lambda: Seen(opened.ended() is not None, ""), timeout=10, every=0.05)
        assert opened.ended() == "client_loop: send disconnect: Broken pipe"


def test_what_each_machine_said_is_told_where_none_reaches_openstack(ssh: Any) -> None:
    ssh(refuses=["node1"], routes={})
    near = tunnel.free("127.0.0.1")
    with (
        pytest.raises(StateError, match="OpenStack cannot be reached") as caught,
        tunnel.proxy(Path("cfg"), ["node1", "node2"], near, VIP),
    ):
        pass
    assert caught.value.why == (
        "node1: ssh: connect to host node1: Connection refused; node2 does not reach OpenStack"
    )


def test_where_no_node_runs_it_is_said() -> None:
    near = tunnel.free("127.0.0.1")
    with (
        pytest.raises(StateError) as caught,
        tunnel.proxy(Path("cfg"), [], near, VIP),
    ):
        pass
    assert caught.value.why == "none of its nodes is running"


def test_a_forwarded_address_is_the_far_one(ssh: Any) -> None:
    ssh()
    near = tunnel.free("127.0.0.1")
    with (
        tunnel.forward(Path("cfg"), ["node1"], near, VIP),
        socket.create_connection((near.host, near.port)) as line,
    ):
        line.sendall(b"hello")
        assert line.recv(100) == b"hello"


@pytest.mark.parametrize("page", ["503 Service Unavailable"])
def test_what_stands_before_a_dead_web_server_is_no_dashboard(ssh: Any, page: str) -> None:
    ssh()
    near = tunnel.free("127.0.0.1")
    with (
        pytest.raises(StateError, match="OpenStack cannot be reached"),
        tunnel.forward(Path("cfg"), ["node1"], near, VIP),
    ):
        pass


def test_an_error_in_the_block_is_the_blocks_own(ssh: Any) -> None:
    ssh()
    near = tunnel.free("127.0.0.1")
    with pytest.raises(KeyError), tunnel.proxy(Path("cfg"), ["node1", "node2"], near, VIP):
        raise KeyError("mine")
    assert not listens(near)


def test_a_tunnel_outlives_nobody(ssh: Any, tmp_path: Path) -> None:
    import subprocess

    ssh()
    near = tunnel.free("127.0.0.1")
    program = (
        "import os, signal, sys; from pathlib import Path; from testbed.apply import tunnel\n"
        f"near = tunnel.Near({near.host!r}, {near.port})\n"
        f"with tunnel.proxy(Path('cfg'), ['node1'], near, {VIP!r}):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -9
    deadline = time.monotonic() + 5
    while listens(near) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(near)


def test_an_address_that_is_taken_is_told(server: int) -> None:
    with pytest.raises(StateError, match=f"127.0.0.1:{server} is taken"):
        tunnel.must_be_free(tunnel.Near("127.0.0.1", server))
    tunnel.must_be_free(tunnel.free("127.0.0.1"))


def test_a_port_that_one_may_not_open_is_not_called_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(StateError, match=r"127.0.0.1:80 cannot be opened") as caught:
        tunnel.must_be_free(tunnel.Near("127.0.0.1", 80))
    assert "--port" in caught.value.next_step
