"""Checks of what cables are made of: UDP on the host's loopback network."""

import socket

from testbed.doctor.finding import Finding, fail, ok

LARGEST = 9000 + 18  # bytes of a jumbo frame with its Ethernet header and VLAN tag
ADDRESSES = ("127.0.0.1", "127.93.17.201")  # testbeds have addresses from all over 127.0.0.0/8


def udp(addresses: tuple[str, ...] = ADDRESSES, *, timeout: float = 1.0) -> Finding:
    """Send a jumbo frame through a UDP link on each address and see it arrive whole."""
    for address in addresses:
        try:
            trouble = _send(address, timeout)
        except OSError as error:
            trouble = str(error)
        if trouble:
            cost = "machines could not be cabled"
            mend = f"sudo ip link set lo up && ip route get {address}"
            return fail("udp link", f"on {address}: {trouble}", mend=mend, cost=cost)
    return ok("udp link", f"{LARGEST} bytes passed on {' and '.join(addresses)}")


def _send(address: str, timeout: float) -> str:
    """Return what went wrong between two sockets on the address; empty where nothing did."""
    frame = bytes(range(256)) * (LARGEST // 256) + bytes(LARGEST % 256)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        other.settimeout(timeout)
        one.bind((address, 0))
        other.bind((address, 0))
        one.sendto(frame, other.getsockname())
        received, sender = other.recvfrom(LARGEST + 1)
        if received != frame:
            return f"{len(received)} of {LARGEST} bytes arrived"
        return "" if sender == one.getsockname() else f"it seemed to come from {sender[0]}"
