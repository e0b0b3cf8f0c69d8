"""A way to addresses that only machines reach: OpenSSH into one of them, as long as it is needed.

What ssh runs in the machine ends when its input does, and that is open while we live: a tunnel
outlives nobody, however he ends.
"""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from testbed.errors import GuestError, StateError, TestbedError
from testbed.run import Beside, beside
from testbed.wait import Seen, wait_until

_OPEN = 90.0  # seconds; an emulated machine exchanges keys slowly
_ANSWER = 20.0
# Of a machine that says nothing: three minutes, for while a checkpoint is taken all stand still.
_PATIENCE = ("ServerAliveInterval=30", "ServerAliveCountMax=6")
_SOCKS_GREETING, _SOCKS_GRANTED = b"\x05\x01\x00", b"\x05\x00"  # version 5, no log-in


@dataclass(frozen=True, slots=True)
class Near:
    """A loopback address of the host."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def free(host: str) -> Near:
    """Return an address that nobody listens at now."""
    with socket.create_server((host, 0)) as found:
        return Near(host, found.getsockname()[1])


def must_be_free(near: Near) -> None:
    """Raise `StateError` where nobody may listen at the address, or somebody does already."""
    try:
        socket.create_server((near.host, near.port)).close()
    except PermissionError as error:
        raise StateError(
            f"{near} cannot be opened",
            why="this computer leaves ports as low as that to root",
            next_step="choose one above 1023 with: --port",
        ) from error
    except OSError as error:
        raise StateError(
            f"{near} is taken",
            why="somebody listens there, another `testbed open` perhaps",
            next_step="end it there, or choose another port with: --port",
        ) from error


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A way that was opened, and the machine that it goes through."""

    machine: str
    _ssh: Beside

    def ended(self) -> str | None:
        """Return why it has ended by itself, None while it is open."""
        return self._ssh.ended()


@contextmanager
def proxy(
    config: Path, machines: Iterable[str], near: Near, far: tuple[str, int]
) -> Iterator[Tunnel]:
    """Open a SOCKS proxy around the block, through the first of the machines that reaches `far`.

    Raises `StateError` where none of the machines does.
    """
    way = ("-D", str(near))
    with _first(config, machines, way, near, lambda: _socks_reaches(near, far)) as opened:
        yield opened


@contextmanager
def forward(
    config: Path, machines: Iterable[str], near: Near, far: tuple[str, int]
) -> Iterator[Tunnel]:
    """Put an address of machines at one of the host's around the block.

    Raises `StateError` where none of the machines reaches it.
    """
    way = ("-L", f"{near}:{far[0]}:{far[1]}")
    with _first(config, machines, way, near, lambda: _shows_a_page(near)) as opened:
        yield opened


@contextmanager
def _first(
    config: Path,
    machines: Iterable[str],
    way: tuple[str, str],
    near: Near,
    reaches: Callable[[], bool],
) -> Iterator[Tunnel]:
    told: list[str] = []
    for machine in machines:
        with ExitStack() as opened:
            try:
                ssh = opened.enter_context(beside(_ssh(config, machine, way)))
                _wait(ssh, machine, near)
                if not reaches():
                    raise GuestError(f"{machine} does not reach OpenStack")
            except GuestError as error:
                told.append(error.what)
                continue
            yield Tunnel(machine, ssh)
            return
    raise StateError(
        "OpenStack cannot be reached",
        why="; ".join(told) or "none of its nodes is running",
        next_step="see what runs with: testbed status --check; mend all that does not with: "
        "testbed up",
    )


def _ssh(config: Path, machine: str, way: tuple[str, str]) -> tuple[str, ...]:
    options = ("ExitOnForwardFailure=yes", "BatchMode=yes", "ConnectTimeout=30", *_PATIENCE)
    words = (word for option in options for word in ("-o", option))
    return ("ssh", "-F", str(config), *words, *way, machine, "cat")


def _wait(ssh: Beside, machine: str, near: Near) -> None:
    """Return once the tunnel is open, which it is after the log-in; raises `GuestError`."""

    def look() -> Seen:
        if (why := ssh.ended()) is not None:
            raise GuestError(f"{machine}: {why}")
        with suppress(OSError), socket.create_connection((near.host, near.port), timeout=1):
            return Seen(True, "open")
        return Seen(False, "it is not open yet")

    try:
        wait_until(f"the way into {machine}", look, timeout=_OPEN, every=0.1)
    except TestbedError as error:
        raise GuestError(error.what, why=error.why) from error


def _socks_reaches(near: Near, far: tuple[str, int]) -> bool:
    """Return whether the proxy's other end gets a connection to an address, an IPv4 one."""
    asked = b"\x05\x01\x00\x01" + socket.inet_aton(far[0]) + far[1].to_bytes(2, "big")
    with suppress(OSError), socket.create_connection((near.host, near.port), _ANSWER) as line:
        line.sendall(_SOCKS_GREETING)
        if line.recv(2) == _SOCKS_GRANTED:
            line.sendall(asked)
            return line.recv(10)[:2] == _SOCKS_GRANTED
    return False


def _shows_a_page(near: Near) -> bool:
    """Return whether there is a page behind an address, or the way to one.

    What stands before a web server that is dead answers, too: that it is.
    """
    asking = HTTPConnection(near.host, near.port, timeout=_ANSWER)
    with suppress(OSError, HTTPException), closing(asking):
        asking.request("HEAD", "/")
        return asking.getresponse().status < HTTPStatus.BAD_REQUEST
    return False
