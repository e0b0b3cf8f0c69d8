"""Are the ports of machines about to start free? QEMU shares a taken UDP port without a word."""

import socket
from collections.abc import Iterable, Iterator

from testbed.errors import HostError
from testbed.plan.models import Machine


def must_be_free(loopback: str, machines: Iterable[Machine]) -> None:
    """Raise `HostError` with the first port that another program has."""
    for machine in machines:
        for kind, port in _ports(machine):
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind is socket.SOCK_STREAM:  # connections of an earlier boot fade out slowly
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((loopback, port))
                except OSError as error:
                    raise HostError(
                        f"port {loopback}:{port}, which machine '{machine.name}' needs, is taken",
                        why=str(error),
                        next_step=f"see which program has it with: ss -aunpt 'sport = :{port}'; "
                        "if it is another user's testbed, use another name: "
                        "testbed up TOPOLOGY --name NAME",
                    ) from error


def _ports(machine: Machine) -> Iterator[tuple[socket.SocketKind, int]]:
    yield socket.SOCK_STREAM, machine.oob.ssh_port
    for nic in machine.nics:
        yield socket.SOCK_DGRAM, nic.local_port
