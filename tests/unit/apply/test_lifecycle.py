"""Living with a testbed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lab import FakeHost, FakeSession, doors
from locking import locked

from testbed.apply import cables, keys, lifecycle, observe, power
from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.errors import HostError, StateError
from testbed.guest import ConnectionLost, Unreachable
from testbed.host import MachineState

NODE1 = "testbed-lab-node1"


@pytest.fixture(autouse=True)
def guests(host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    opened = doors(host.plan)

    @contextmanager
    def session(plan: object, own: object) -> Iterator[FakeSession]:
        yield opened

    monkeypatch.setattr(lifecycle, "session", session)
    monkeypatch.setattr(power, "session", session)
    keys.make(folders, host.plan)
    host.has_all()
    return opened


@pytest.fixture
def testbed(host: FakeHost, folders: Folders) -> observe.Testbed:
    return observe.get(host, folders, "lab")


def test_down_leaves_nothing(host: FakeHost, folders: Folders):
    host.pools.add("testbed-lab")
    folders.disks("lab").mkdir(parents=True)
    assert lifecycle.down(host, folders, "lab").machines == len(host.plan.machines)
    assert (host.machines, host.pools) == ({}, set())
    assert not folders.disks("lab").exists()
    assert not folders.records("lab").exists()


def test_what_a_removal_that_was_cut_short_leaves_is_no_testbed_to_go_on_with(
    host: FakeHost, folders: Folders
):
    folders.unfinished_restore("lab").write_text("storage")
    host.refuses["undefine", NODE1] = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        lifecycle.down(host, folders, "lab", forget=True)
    assert not folders.records("lab").exists()
    host.refuses.clear()
    lifecycle.down(host, folders, "lab", forget=True)
    assert host.list_machines("lab") == ()


def test_down_works_where_our_files_are_gone_and_twice(host: FakeHost, folders: Folders):
    import shutil

    shutil.rmtree(folders.state)
    assert lifecycle.down(host, folders, "lab").machines == len(host.plan.machines)
    assert lifecycle.down(host, folders, "lab").machines == 0


@pytest.mark.parametrize("forget", [False, True])
def test_down_takes_no_disk_from_a_machine_that_another_libvirt_runs(
    host: FakeHost, folders: Folders, forget: bool
):
    host.has_all(state=MachineState.OFF)
    disk = folders.disks("lab") / host.plan.machine("node1").root
    disk.parent.mkdir(parents=True)
    disk.touch()
    with locked(disk), pytest.raises(HostError) as caught:
        lifecycle.down(host, folders, "lab", forget=forget)
    assert list(caught.value.lines()) == [
        "error: libvirt says that machine 'node1' is off, but its disk is in use",
        "  why: another libvirt of yours may run it, one with another XDG_RUNTIME_DIR",
        " next: try again where it was raised, or find its emulator and end it: "
        "pgrep -af guest=testbed-lab-node1,",
    ]
    assert host.machines
    assert disk.exists()
    lifecycle.down(host, folders, "lab", forget=forget)
    assert not host.machines


def test_down_waits_for_nobody(host: FakeHost, folders: Folders):
    with only_one(folders, "lab", "up"), pytest.raises(StateError, match="another command"):
        lifecycle.down(host, folders, "lab")
    assert host.machines


def test_suspend_stops_what_runs(host: FakeHost, folders: Folders):
    host._becomes(NODE1, state=MachineState.OFF)
    lifecycle.suspend(host, observe.get(host, folders, "lab"))
    paused = {name for _, name in host.verbs("pause")}
    assert paused == {m.domain for m in host.plan.machines} - {NODE1}


def test_a_testbed_that_lacks_a_machine_can_be_suspended(host: FakeHost, folders: Folders):
    del host.machines[NODE1]
    lifecycle.suspend(host, observe.get(host, folders, "lab"))
    assert len(host.verbs("pause")) == len(host.plan.machines) - 1


def test_resume_resumes_what_is_suspended_and_proves_it(host: FakeHost, folders: Folders):
    from testbed.apply import health

    host.has_all(state=MachineState.PAUSED)
    lifecycle.resume(host, folders, observe.get(host, folders, "lab"))
    assert len(host.verbs("resume")) == len(host.plan.machines)
    assert health.recall(folders, "lab").wrong == ()


def test_what_is_broken_on_purpose_runs_on_without_a_proof(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    def proves(*_: object) -> None:
        raise AssertionError("there is no steady state to wait for")

    host.has_all(state=MachineState.PAUSED)
    monkeypatch.setattr(lifecycle, "settle", proves)
    lifecycle.resume(host, folders, observe.get(host, folders, "lab"), broken=True)
    assert {machine.state for machine in host.list_machines()} == {MachineState.RUNNING}


def test_a_disk_error_told_late_leaves_no_machine_believed_to_stand_still(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    host.has_all(state=MachineState.PAUSED)
    settle = lifecycle.settle

    def settle_while_an_error_is_told(folders: Folders, testbed: observe.Testbed) -> None:
        settle(folders, testbed)
        host._becomes("testbed-lab-node1", state=MachineState.PAUSED)

    monkeypatch.setattr(lifecycle, "settle", settle_while_an_error_is_told)
    lifecycle.resume(host, folders, observe.get(host, folders, "lab"))
    assert {machine.state for machine in host.list_machines()} == {MachineState.RUNNING}


def test_a_machine_without_power_takes_its_neighbours_carrier(host: FakeHost, testbed):
    power.power_off(host, testbed, host.plan.machine("node1"))
    _, port = host.plan.nic("sw1:node1")
    assert host.did == [("destroy", NODE1), ("link down", f"testbed-lab-sw1 {port.mac}")]


def test_a_neighbour_that_stands_still_is_told_as_well(host: FakeHost, folders: Folders):
    host._becomes("testbed-lab-sw1", state=MachineState.PAUSED)
    testbed = observe.get(host, folders, "lab")
    power.power_off(host, testbed, host.plan.machine("node1"))
    assert [verb for verb, _ in host.did] == ["destroy", "link down"]


def test_power_on_tells_a_machine_which_neighbours_have_none(host: FakeHost, folders: Folders):
    for name in (NODE1, "testbed-lab-sw1"):
        host._becomes(name, state=MachineState.OFF)
    testbed = observe.get(host, folders, "lab")
    power.power_on(host, folders, testbed, host.plan.machine("node1"))
    (own,) = host.plan.machine("node1").nics
    _, port = host.plan.nic("sw1:node1")
    assert host.verbs("link up", "link down") == [
        ("link up", f"testbed-lab-sw1 {port.mac}"),  # first: the cable is in
        ("link down", f"{NODE1} {own.mac}"),
    ]


def test_power_on_starts_with_an_empty_console_and_gives_the_carrier_back(
    host: FakeHost, folders: Folders
):
    host._becomes(NODE1, state=MachineState.OFF)
    host.console_log_path(NODE1).write_text("testbed-stage: ssh of the last boot\n")
    testbed = observe.get(host, folders, "lab")
    power.power_on(host, folders, testbed, host.plan.machine("node1"))
    assert host.console_log_path(NODE1).read_bytes().decode() == host.prints
    _, port = host.plan.nic("sw1:node1")
    assert ("link up", f"testbed-lab-sw1 {port.mac}") in host.did


@pytest.mark.parametrize("state", [MachineState.RUNNING, MachineState.PAUSED])
def test_power_on_keeps_the_console_of_a_machine_that_has_power(
    host: FakeHost, folders: Folders, state
):
    host._becomes(NODE1, state=state)
    host.console_log_path(NODE1).write_text("this boot\n")
    testbed = observe.get(host, folders, "lab")
    power.power_on(host, folders, testbed, host.plan.machine("node1"))
    assert host.console_log_path(NODE1).read_text() == "this boot\n"
    assert host.machines[NODE1].state == "running"
    assert host.verbs("destroy") == []


def test_a_restart_lets_the_guest_go_down_in_order(host: FakeHost, folders, testbed, guests):
    def poweroff(text: str) -> None:
        if "systemctl poweroff" in text:
            host._becomes(NODE1, state=MachineState.OFF)
            raise ConnectionLost("node1: the connection broke")

    guests.guests["node1"].answers = poweroff
    assert power.restart(host, folders, testbed, host.plan.machine("node1"))
    assert ("start", NODE1) in host.did
    assert "systemctl poweroff --no-wall" in guests.guests["node1"].heard
    power_cut = host.did.index(("destroy", NODE1)) < host.did.index(("start", NODE1))
    assert power_cut  # of a machine that is off already: harmless


def test_a_restart_cuts_the_power_of_a_guest_that_does_not_listen(
    host: FakeHost, folders, testbed, guests
):
    def deaf(text: str) -> None:
        if "systemctl poweroff" in text:
            raise Unreachable("node1: nothing answers")

    guests.guests["node1"].answers = deaf
    assert not power.restart(host, folders, testbed, host.plan.machine("node1"))
    assert host.machines[NODE1].state == "running"
    assert host.verbs("destroy", "start")[0] == ("destroy", NODE1)


@pytest.mark.parametrize(("up", "verb"), [(False, "link down"), (True, "link up")])
def test_a_cable_is_pulled_and_plugged_at_both_ends(host: FakeHost, testbed, up, verb):
    lifecycle.set_link(host, testbed, host.plan.machine("node1"), "eno1", up=up)
    assert [(v, name.split()[0]) for v, name in host.did] == [
        (verb, NODE1),
        (verb, "testbed-lab-sw1"),
    ]


def give_power(host: FakeHost, folders: Folders, name: str, *, on: bool) -> None:
    """Give a machine power or take it, as each command does: with what it sees at that moment."""
    seen = observe.get(host, folders, "lab")
    if on:
        power.power_on(host, folders, seen, host.plan.machine(name))
    else:
        power.power_off(host, seen, host.plan.machine(name))


@pytest.mark.parametrize("off", [("sw1", "node1"), ("node1", "sw1")])
@pytest.mark.parametrize("on", [("sw1", "node1"), ("node1", "sw1")])
def test_in_whatever_order_both_ends_lose_power_and_have_it_again_the_cable_is_in(
    host: FakeHost, folders, testbed, off, on
):
    for name in off:
        give_power(host, folders, name, on=False)
    end = "node1:eno1"
    assert not cables.is_pulled(host.plan, end, observe.get(host, folders, "lab").machines)
    for name in on:
        give_power(host, folders, name, on=True)
    seen = observe.get(host, folders, "lab")
    assert all(up for machine in seen.machines.values() for up in machine.links.values())


@pytest.mark.parametrize("without", ["node1", "sw1"])
def test_a_cable_that_is_plugged_in_gives_no_carrier_where_one_end_has_no_power(
    host: FakeHost, folders, testbed, without
):
    give_power(host, folders, without, on=False)
    for up in (False, True):
        seen = observe.get(host, folders, "lab")
        lifecycle.set_link(host, seen, host.plan.machine("node1"), "eno1", up=up)
    seen = observe.get(host, folders, "lab")
    _, nic = host.plan.nic("node1:eno1")
    _, port = host.plan.nic(nic.peer)
    links = {
        "node1": seen.machines["node1"].links[nic.mac],
        "sw1": seen.machines["sw1"].links[port.mac],
    }
    assert links == {name: name == without for name in links}
    assert not cables.is_pulled(host.plan, "node1:eno1", seen.machines)
    give_power(host, folders, without, on=True)
    seen = observe.get(host, folders, "lab")
    assert seen.machines["node1"].links[nic.mac]
    assert seen.machines["sw1"].links[port.mac]


def test_a_cable_that_is_pulled_stays_so_when_both_ends_have_power_again(
    host: FakeHost, folders, testbed
):
    lifecycle.set_link(host, testbed, host.plan.machine("node1"), "eno1", up=False)
    for on in (False, True):
        give_power(host, folders, "sw1", on=on)
        give_power(host, folders, "node1", on=on)
    assert cables.is_pulled(host.plan, "node1:eno1", observe.get(host, folders, "lab").machines)


def test_a_machine_that_is_switched_on_has_the_time_of_the_others(
    host: FakeHost, folders, testbed, guests
):
    for guest in guests.guests.values():
        guest.clock.ahead = 0.3
    guests.guests["node1"].clock.ahead = -0.8
    give_power(host, folders, "node1", on=True)
    assert guests.guests["node1"].clock.ahead == pytest.approx(0.3, abs=0.02)


def test_a_nic_that_is_not_there_is_told_with_those_that_are(host: FakeHost, testbed):
    with pytest.raises(StateError) as caught:
        lifecycle.set_link(host, testbed, host.plan.machine("node1"), "eth0", up=False)
    assert list(caught.value.lines()) == [
        "error: machine 'node1' has no NIC 'eth0' with a cable in it",
        "  why: it has: eno1",
        " next: see all links with: testbed status",
    ]


def test_a_machine_that_is_not_there_is_told_with_those_that_are(host: FakeHost, testbed):
    with pytest.raises(StateError) as caught:
        lifecycle.machine_of(testbed, "node9")
    assert list(caught.value.lines()) == [
        "error: testbed 'lab' has no machine 'node9'",
        "  why: it has: sw1, router, node1, node2, node3, tenant",
        " next: see them with: testbed status",
    ]
