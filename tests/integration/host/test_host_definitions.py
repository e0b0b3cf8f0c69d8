"""Machines leave libvirt and come back as they were, on libvirt's test driver."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.errors import HostError
from testbed.host import Definition, Host, MachineState

Marked = Callable[..., str]
KEY = uuid.UUID("3b1f0d5e-7c67-5a52-9a3b-0d9d6c0d2a31")


@pytest.fixture
def taken_out(empty_host: Host, marked: Marked) -> Definition:
    """A machine that ran, with a snapshot on a snapshot, and is no more."""
    empty_host.define(marked("a-x"), "a-x")
    empty_host.set_ready("a-x")
    empty_host.start("a-x")
    empty_host.pause("a-x")
    for snapshot in ("storage", "network"):  # not in the order of their names
        empty_host.create_snapshot("a-x", snapshot)
    definition = empty_host.read_definition("a-x")
    empty_host.destroy("a-x")
    empty_host.undefine("a-x")
    assert empty_host.find_domain("a-x") is None
    return definition


def test_a_machine_comes_back_off_with_its_marks_and_all_snapshots(
    empty_host: Host, taken_out: Definition
) -> None:
    empty_host.define_again(taken_out)
    machine = empty_host.find_domain("a-x")
    assert machine is not None
    assert (machine.state, machine.ready, machine.testbed) == (MachineState.OFF, True, "a")
    found = {snapshot.name: snapshot.state for snapshot in empty_host.list_snapshots("a-x")}
    assert found == {"storage": MachineState.PAUSED, "network": MachineState.PAUSED}
    assert empty_host.read_definition("a-x") == taken_out


@pytest.mark.parametrize("snapshot", ["network", "storage"])
def test_it_can_be_reverted_to_each_of_them(
    empty_host: Host, taken_out: Definition, snapshot: str
) -> None:
    empty_host.define_again(taken_out)
    empty_host.revert_snapshot("a-x", snapshot, paused=True)
    machine = empty_host.find_domain("a-x")
    assert machine is not None and machine.state is MachineState.PAUSED


def test_it_may_come_back_twice(empty_host: Host, taken_out: Definition) -> None:
    for _ in range(2):
        empty_host.define_again(taken_out)
    assert len(empty_host.list_snapshots("a-x")) == 2


def test_a_snapshot_of_another_machine_is_refused_by_name(
    empty_host: Host, taken_out: Definition, marked: Marked
) -> None:
    strange = Definition("a-y", marked("a-y"), taken_out.snapshots)
    with pytest.raises(HostError, match="cannot bring back snapshot 'storage' of domain 'a-y'"):
        empty_host.define_again(strange)


def test_a_definition_tells_what_runs_the_machine_and_what_its_disk_stands_on(
    taken_out: Definition,
) -> None:
    assert (taken_out.accelerator, taken_out.backing) == ("test", None)
    disk = "<disk><backingStore><source file='/images/base'/></backingStore></disk>"
    overlay = Definition("a-x", f"<domain type='kvm'><devices>{disk}</devices></domain>", ())
    assert (overlay.accelerator, overlay.backing) == ("kvm", Path("/images/base"))


def test_a_forgotten_pool_can_be_made_again(empty_host: Host) -> None:
    folder = Path("/nowhere/testbed-a")
    pool = empty_host.ensure_pool("testbed-a", KEY, folder)
    empty_host.forget_pool("testbed-a", KEY)
    empty_host.forget_pool("testbed-a", KEY)
    assert empty_host.find_pool("testbed-a", KEY) is None
    assert empty_host.ensure_pool("testbed-a", KEY, folder) == pool


def test_the_cpu_is_always_told_in_the_same_words(empty_host: Host) -> None:
    assert empty_host.processor() == empty_host.processor()
    assert empty_host.processor().split()[0] == "i686"
