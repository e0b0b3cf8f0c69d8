"""Are the ports of machines that do not run free? QEMU shares a taken UDP port without a word."""

import socket
from collections.abc import Iterable, Iterator

from testbed.errors import HostError
from testbed.plan.models import Machine


def must_be_free(loopback: str, machines: Iterable[Machine]) -> None:
    """Raise `HostError` with the first port of machines to be started that a program has."""
    for name, port, why in _taken(loopback, machines):
        raise HostError(
            f"port {loopback}:{port}, which machine '{name}' needs, is taken",
            why=why,
            next_step=f"see which program has it with: ss -aunpt 'sport = :{port}'",
        )


def must_be_off(loopback: str, machines: Iterable[Machine]) -> None:
    """Raise `HostError` where a port tells that a machine runs which libvirt knows as off.

    So it is when another libvirt of the same user started it, one with another XDG_RUNTIME_DIR,
    as after a log-out or in `su`: its disks are in use.
    """
    for name, port, _ in _taken(loopback, machines):
        raise HostError(
            f"machine '{name}' is off, says libvirt, but a program has its port {loopback}:{port}",
            why="another libvirt of yours may run it, one with another XDG_RUNTIME_DIR",
            next_step=f"end that program, seen with: ss -aunpt 'sport = :{port}', then try again",
        )


def _taken(loopback: str, machines: Iterable[Machine]) -> Iterator[tuple[str, int, str]]:
    """Yield machine, port and why it is not free."""
    for machine in machines:
        for kind, port in _ports(machine):
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind is socket.SOCK_STREAM:  # connections of an earlier boot fade out slowly
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((loopback, port))
                except OSError as error:
                    yield machine.name, port, str(error)


def _ports(machine: Machine) -> Iterator[tuple[socket.SocketKind, int]]:
    yield socket.SOCK_STREAM, machine.oob.ssh_port
    for nic in machine.nics:
        yield socket.SOCK_DGRAM, nic.local_port
