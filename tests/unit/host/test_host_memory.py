"""Whose memory counts: this computer's own word where libvirt runs on it, else libvirt's."""

import pytest

from testbed.host.host import _memory


class Connection:
    """A libvirt at some address, on a host that libvirt calls by its full name."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def getURI(self) -> str:
        return self.uri

    def getHostname(self) -> str:
        return "computer.example"

    def getMemoryStats(self, _cells: int) -> dict[str, int]:
        return {"total": 7 * 1024, "free": 1024, "buffers": 1024, "cached": 1024}


@pytest.mark.parametrize(
    "uri", ["qemu:///session", "qemu+unix:///session?socket=/run/user/0/libvirt-sock"]
)
def test_a_libvirt_on_this_computer_is_not_asked_whatever_it_calls_the_host(uri: str) -> None:
    total, free = _memory(Connection(uri))
    assert total != 7
    assert 0 < free <= total


def test_the_memory_of_another_host_is_told_by_its_libvirt() -> None:
    assert _memory(Connection("qemu+ssh://ann@other.example/session")) == (7, 3)
