"""Ports on the loopback: real sockets."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from lab import planned

from testbed.apply.ports import must_be_free
from testbed.errors import HostError

LOOPBACK = "127.77.0.1"
NODE1 = planned(Path("/var/lib/testbed/lab")).machine("node1")


def listening() -> socket.socket:
    return socket.create_server((LOOPBACK, 0))


def with_ssh_at(port: int):
    return replace(NODE1, oob=replace(NODE1.oob, ssh_port=port), nics=())


def test_free_ports_are_free():
    with listening() as taken:
        port = taken.getsockname()[1]
    must_be_free(LOOPBACK, [with_ssh_at(port)])


def test_a_port_somebody_listens_on_is_named_with_its_machine():
    with listening() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HostError) as caught:
            must_be_free(LOOPBACK, [with_ssh_at(port)])
    assert list(caught.value.lines()) == [
        f"error: port {LOOPBACK}:{port}, which machine 'node1' needs, is taken",
        "  why: [Errno 98] Address already in use",
        f" next: see which program has it with: ss -aunpt 'sport = :{port}'; "
        "if it is another user's testbed, use another name: testbed up TOPOLOGY --name NAME",
    ]


def test_a_udp_port_somebody_has_is_taken_even_where_he_would_share_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((LOOPBACK, 0))
        nic = replace(NODE1.nics[0], local_port=taken.getsockname()[1])
        with listening() as free:
            ssh = free.getsockname()[1]
        machine = replace(NODE1, oob=replace(NODE1.oob, ssh_port=ssh), nics=(nic,))
        with pytest.raises(HostError, match="is taken"):
            must_be_free(LOOPBACK, [machine])


def test_a_port_whose_last_connection_has_just_been_closed_is_free():
    """The kernel keeps it for a minute: `up` right after `power off` must not wait for that."""
    with listening() as server:
        port = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)) as client:
            answered, _ = server.accept()
            answered.close()  # this side closes first, so this side remembers
            assert client.recv(1) == b""
    must_be_free(LOOPBACK, [with_ssh_at(port)])
