"""Machines, on libvirt's test driver."""

from collections.abc import Callable
from pathlib import Path

import libvirt
import pytest

from testbed.errors import HostError
from testbed.host import Host, MachineState

Marked = Callable[..., str]
FOREIGN = """
<domain type='test'>
  <name>theirs</name><memory>65536</memory><os><type>hvm</type></os>
</domain>
"""


@pytest.fixture
def shared(tmp_path: Path) -> str:
    """A host with a domain that is not ours on it."""
    file = tmp_path / "shared.xml"
    (tmp_path / "theirs.xml").write_text(FOREIGN)
    file.write_text("<node><domain file='theirs.xml'/></node>")
    return f"test://{file}"


def test_a_defined_machine_is_listed_with_all_its_mark_says(
    empty_host: Host, marked: Marked
) -> None:
    empty_host.define(marked("a-node1"), "a-node1")
    (machine,) = empty_host.list_machines()
    assert (machine.testbed, machine.machine, machine.role) == ("a", "node1", "node")
    assert (machine.image, machine.digest) == ("sha256:1", "sha256:2")
    assert (machine.topology, machine.memory_mib) == ('{"name": "<a>"}', 64)
    assert machine.state is MachineState.OFF


def test_machines_are_listed_by_testbed_and_in_order(empty_host: Host, marked: Marked) -> None:
    for name, testbed in (("b-x", "b"), ("a-z", "a"), ("a-y", "a")):
        empty_host.define(marked(name, testbed=testbed), name)
    assert [machine.domain for machine in empty_host.list_machines("a")] == ["a-y", "a-z"]
    assert [machine.domain for machine in empty_host.list_machines()] == ["a-y", "a-z", "b-x"]
    assert empty_host.list_machines("c") == ()


def test_every_change_may_be_made_twice(empty_host: Host, marked: Marked) -> None:
    steps = (
        (lambda: empty_host.define(marked("a-x"), "a-x"), MachineState.OFF),
        (lambda: empty_host.start("a-x"), MachineState.RUNNING),
        (lambda: empty_host.pause("a-x"), MachineState.PAUSED),
        (lambda: empty_host.resume("a-x"), MachineState.RUNNING),
        (lambda: empty_host.destroy("a-x"), MachineState.OFF),
    )
    for step, expected in steps:
        step()
        step()
        machine = empty_host.find_domain("a-x")
        assert machine is not None and machine.state is expected
    empty_host.undefine("a-x")
    empty_host.undefine("a-x")
    assert empty_host.find_domain("a-x") is None


def test_a_running_machine_is_not_undefined(empty_host: Host, marked: Marked) -> None:
    empty_host.define(marked("a-x"), "a-x")
    empty_host.start("a-x")
    with pytest.raises(HostError, match="cannot undefine domain 'a-x'"):
        empty_host.undefine("a-x")


def test_xml_without_our_mark_is_a_bug(empty_host: Host) -> None:
    with pytest.raises(ValueError, match="carries no mark"):
        empty_host.define(FOREIGN, "theirs")


def test_a_misspelt_element_is_refused(empty_host: Host, marked: Marked) -> None:
    with pytest.raises(HostError, match="cannot define domain 'a-x'") as caught:
        empty_host.define(marked("a-x", body="<devcies/>"), "a-x")
    cause = caught.value.__cause__
    assert isinstance(cause, libvirt.libvirtError)
    assert cause.get_error_code() == libvirt.VIR_ERR_XML_INVALID_SCHEMA


def test_a_domain_without_our_mark_is_never_listed(shared: str) -> None:
    with Host.open(shared) as host:
        assert host.list_machines() == ()


@pytest.mark.parametrize(
    "touch",
    [
        lambda host, xml: host.define(xml, "theirs"),
        lambda host, xml: host.find_domain("theirs"),
        lambda host, xml: host.destroy("theirs"),
        lambda host, xml: host.undefine("theirs"),
        lambda host, xml: host.pause("theirs"),
        lambda host, xml: host.create_snapshot("theirs", "s"),
        lambda host, xml: host.monitor("theirs", "info status"),
    ],
)
def test_a_domain_without_our_mark_is_never_touched(
    shared: str, marked: Marked, touch: Callable[[Host, str], object]
) -> None:
    with Host.open(shared) as host, pytest.raises(HostError, match="not made by testbed"):
        touch(host, marked("theirs"))


def test_a_missing_machine_is_named(empty_host: Host) -> None:
    with pytest.raises(HostError) as caught:
        empty_host.start("a-node9")
    assert list(caught.value.lines()) == [
        "error: cannot start domain 'a-node9'",
        "  why: Domain not found",
        " next: run: testbed status",
    ]


def test_a_nic_that_is_not_there_is_named(empty_host: Host, marked: Marked) -> None:
    empty_host.define(marked("a-x"), "a-x")
    with pytest.raises(HostError, match="no NIC with MAC 52:54:00:00:00:01"):
        empty_host.set_link("a-x", "52:54:00:00:00:01", up=False)


def test_snapshots_are_listed_and_a_missing_one_deletes_quietly(
    empty_host: Host, marked: Marked
) -> None:
    empty_host.define(marked("a-x"), "a-x")
    empty_host.start("a-x")
    empty_host.create_snapshot("a-x", "healthy")
    assert [snapshot.name for snapshot in empty_host.list_snapshots("a-x")] == ["healthy"]
    empty_host.delete_snapshot("a-x", "healthy")
    empty_host.delete_snapshot("a-x", "healthy")
    assert empty_host.list_snapshots("a-x") == ()
    assert empty_host.list_snapshots("a-nobody") == ()


def test_a_daemon_that_is_not_there_is_a_host_error(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot connect to libvirt") as caught:
        Host.open(f"qemu+unix:///session?socket={tmp_path}/none&mode=direct")
    assert caught.value.next_step == "run: testbed doctor"


def test_libvirt_prints_nothing_by_itself(
    empty_host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HostError):
        empty_host.start("a-node9")
    assert capfd.readouterr() == ("", "")


def test_facts_say_what_the_host_offers(empty_host: Host) -> None:
    facts = empty_host.facts()
    assert facts.cpus > 0
    assert 0 < facts.memory_free_mib <= facts.memory_mib
    assert facts.libvirt_version >= (9, 0, 0)
