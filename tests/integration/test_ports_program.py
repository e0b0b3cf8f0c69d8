"""The program that asks which ports are open, run here against sockets of this machine."""

import socket
import subprocess
import sys
from importlib import resources

PROGRAM = (resources.files("testbed.lab.probes") / "connect.py.txt").read_text()


def told(*pairs: str) -> list[str]:
    argv = [sys.executable, "-ISc", PROGRAM, "2", *pairs]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.split()


def test_only_a_port_that_accepts_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # taken, and nobody listens
        is_open = f"127.0.0.1:{listening.getsockname()[1]}"
        closed = f"127.0.0.1:{deaf.getsockname()[1]}"
        assert told(closed, is_open) == [is_open]


def test_an_address_without_any_way_to_it_is_not_open() -> None:
    """A broadcast address is refused on the spot, as one without a route is; nothing is sent."""
    assert told("255.255.255.255:9") == []
