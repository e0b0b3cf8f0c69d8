"""All machines together, or none."""

from pathlib import Path

import pytest
from snapshot_host import DOMAINS, PLAN, SnapshotHost

from testbed import checkpoint
from testbed.errors import HostError, StateError
from testbed.host import MachineState


@pytest.fixture
def host(tmp_path: Path) -> SnapshotHost:
    return SnapshotHost()


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "unfinished-restore"


def listed(host: SnapshotHost) -> list[str]:
    return [each.name for each in checkpoint.list_checkpoints(host, PLAN)]


def test_all_are_paused_before_the_first_snapshot_and_resumed_after_the_last(host: SnapshotHost):
    checkpoint.save(host, PLAN, "healthy")
    assert host.verbs() == ["delete", "pause", "snapshot", "resume"]
    assert sorted(name for verb, name in host.did if verb == "snapshot") == sorted(DOMAINS)
    assert host.states() == {"running"}
    assert listed(host) == ["healthy"]


def test_checkpoints_are_listed_oldest_first(host: SnapshotHost):
    for name in ("second", "first", "third"):
        checkpoint.save(host, PLAN, name)
    assert listed(host) == ["second", "first", "third"]


def test_a_checkpoint_that_one_machine_lacks_does_not_count(host: SnapshotHost):
    checkpoint.save(host, PLAN, "healthy")
    host.delete_snapshot(DOMAINS[2], "healthy")
    assert listed(host) == []
    with pytest.raises(StateError, match="has no checkpoint 'healthy'"):
        checkpoint.get(host, PLAN, "healthy")


def test_what_a_killed_save_left_behind_makes_room_for_a_new_one(host: SnapshotHost):
    host.create_snapshot(DOMAINS[0], "healthy")
    checkpoint.save(host, PLAN, "healthy")
    assert listed(host) == ["healthy"]


@pytest.mark.parametrize("verb", ["pause", "snapshot"])
def test_a_failure_in_the_middle_leaves_all_machines_running_and_no_snapshot(
    host: SnapshotHost, verb: str
):
    host.refuses.add((verb, DOMAINS[2]))
    with pytest.raises(HostError, match=f"cannot {verb} domain"):
        checkpoint.save(host, PLAN, "healthy")
    assert host.states() == {"running"}
    assert not any(host.snapshots.values())
    assert host.verbs()[-1] == "resume"


@pytest.mark.parametrize("then", ["delete", "resume"])
def test_a_failure_while_tidying_up_does_not_hide_the_first(host: SnapshotHost, then: str):
    host.refuses.add(("snapshot", DOMAINS[2]))
    checkpoint.delete(host, PLAN, "healthy")
    host.did.clear()

    create = host.create_snapshot

    def fail(name: str, snapshot: str) -> None:
        host.refuses.add((then, DOMAINS[1]))
        create(name, snapshot)

    host.create_snapshot = fail
    with pytest.raises(HostError, match="cannot snapshot domain"):
        checkpoint.save(host, PLAN, "healthy")
    assert {name for verb, name in host.did if verb == "resume"} == set(DOMAINS)


def test_a_resume_that_fails_after_a_good_save_is_told(host: SnapshotHost):
    host.refuses.add(("resume", DOMAINS[1]))
    with pytest.raises(HostError, match="cannot resume domain"):
        checkpoint.save(host, PLAN, "healthy")
    assert listed(host) == ["healthy"]


def test_a_checkpoint_is_never_overwritten(host: SnapshotHost):
    checkpoint.save(host, PLAN, "healthy")
    host.did.clear()
    with pytest.raises(StateError) as caught:
        checkpoint.save(host, PLAN, "healthy")
    assert list(caught.value.lines()) == [
        "error: testbed 'lab' already has a checkpoint 'healthy'",
        "  why: a checkpoint is never overwritten",
        " next: choose another name, or first run: testbed checkpoint delete healthy",
    ]
    assert host.did == []


def test_a_testbed_that_does_not_run_whole_is_not_saved(host: SnapshotHost):
    host.becomes(DOMAINS[0], state=MachineState.OFF)
    del host.machines[DOMAINS[4]]
    with pytest.raises(StateError) as caught:
        checkpoint.save(host, PLAN, "healthy")
    assert list(caught.value.lines()) == [
        "error: no checkpoint of testbed 'lab' was taken",
        "  why: not running: sw1, node3",
        " next: see what brings each back: testbed status --name lab",
    ]
    assert host.did == []


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "-rf", "a/b", "x" * 33, "a\n"])
def test_a_name_libvirt_would_stumble_over_is_refused(host: SnapshotHost, name: str):
    with pytest.raises(StateError, match="a checkpoint cannot be called"):
        checkpoint.save(host, PLAN, name)
    assert host.did == []


def test_a_restore_stops_all_then_reverts_all_then_lets_all_run(host: SnapshotHost, note: Path):
    checkpoint.save(host, PLAN, "healthy")
    host.did.clear()
    checkpoint.restore(host, PLAN, "healthy", note)
    assert host.verbs() == ["pause", "revert", "resume"]
    assert sorted(name for verb, name in host.did if verb == "revert") == sorted(DOMAINS)
    assert host.states() == {"running"}


def test_a_machine_that_is_off_is_restored_like_the_others(host: SnapshotHost, note: Path):
    checkpoint.save(host, PLAN, "healthy")
    host.becomes(DOMAINS[0], state=MachineState.OFF)
    host.did.clear()
    checkpoint.restore(host, PLAN, "healthy", note)
    assert ("pause", DOMAINS[0]) not in host.did
    assert host.states() == {"running"}


def test_the_note_is_there_from_before_the_first_revert_until_after_the_last(
    host: SnapshotHost, note: Path
):
    checkpoint.save(host, PLAN, "healthy")
    host.note = note
    checkpoint.restore(host, PLAN, "healthy", note)
    assert {there for verb, there in host.noted if verb == "revert"} == {True}
    assert {there for verb, there in host.noted if verb == "resume"} == {False}
    assert not note.exists()
    assert checkpoint.find_unfinished(note) is None


def restore_cut_short(host: SnapshotHost, note: Path, verb: str) -> None:
    """Restore a checkpoint, and let one machine refuse what a restore does with each."""
    checkpoint.save(host, PLAN, "healthy")
    host.refuses.add((verb, DOMAINS[3]))
    with pytest.raises(HostError):
        checkpoint.restore(host, PLAN, "healthy", note)


def test_a_restore_whose_machines_only_stand_still_takes_nothing_back_later(
    host: SnapshotHost, note: Path
):
    restore_cut_short(host, note, "resume")
    assert checkpoint.find_unfinished(note) is None


def test_a_restore_that_was_cut_short_is_remembered_and_can_be_finished(
    host: SnapshotHost, note: Path
):
    restore_cut_short(host, note, "revert")
    assert checkpoint.find_unfinished(note) == "healthy"
    host.refuses.clear()
    checkpoint.restore(host, PLAN, "healthy", note)
    assert checkpoint.find_unfinished(note) is None
    assert host.states() == {"running"}


def test_a_full_disk_does_not_make_a_restore_that_was_cut_short_forgotten(
    host: SnapshotHost, note: Path, monkeypatch: pytest.MonkeyPatch
):
    checkpoint.save(host, PLAN, "healthy")
    note.write_text("healthy")

    def full(path: Path, *_: object, **__: object) -> int:
        path.open("w").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.restore(host, PLAN, "healthy", note)
    assert checkpoint.find_unfinished(note) == "healthy"


def test_no_machine_runs_on_where_one_cannot_be_reverted(host: SnapshotHost, note: Path):
    restore_cut_short(host, note, "revert")
    assert host.states() == {"paused"}


def test_a_checkpoint_that_is_not_there_touches_nothing(host: SnapshotHost, note: Path):
    with pytest.raises(StateError) as caught:
        checkpoint.restore(host, PLAN, "healthy", note)
    assert list(caught.value.lines()) == [
        "error: testbed 'lab' has no checkpoint 'healthy'",
        "  why: it has: none",
        " next: take one with: testbed checkpoint save NAME",
    ]
    assert (host.did, note.exists()) == ([], False)


def test_a_cable_pulled_since_is_plugged_in_again(host: SnapshotHost, note: Path):
    checkpoint.save(host, PLAN, "healthy")
    machine, nic = PLAN.nic("node1:eno1")
    host.set_link(machine.domain, nic.mac, False)
    host.did.clear()
    checkpoint.restore(host, PLAN, "healthy", note)
    assert ("link up", f"{machine.domain} {nic.mac}") in host.did
    assert all(all(m.links.values()) for m in host.machines.values())


def test_a_cable_pulled_then_is_pulled_again(host: SnapshotHost, note: Path):
    machine, nic = PLAN.nic("node1:eno1")
    host.set_link(machine.domain, nic.mac, False)
    checkpoint.save(host, PLAN, "degraded")
    host.set_link(machine.domain, nic.mac, True)
    host.did.clear()
    checkpoint.restore(host, PLAN, "degraded", note)
    assert [each for each in host.did if "link" in each[0]] == [
        ("link down", f"{machine.domain} {nic.mac}")
    ]


def test_cables_are_put_back_while_all_machines_stand_still(host: SnapshotHost, note: Path):
    checkpoint.save(host, PLAN, "healthy")
    machine, nic = PLAN.nic("node1:eno1")
    host.set_link(machine.domain, nic.mac, False)
    host.did.clear()
    checkpoint.restore(host, PLAN, "healthy", note)
    assert host.verbs() == ["pause", "revert", "link up", "resume"]


def test_a_checkpoint_is_deleted_from_all_machines_and_twice_is_fine(host: SnapshotHost):
    checkpoint.save(host, PLAN, "healthy")
    checkpoint.delete(host, PLAN, "healthy")
    checkpoint.delete(host, PLAN, "healthy")
    assert not any(host.snapshots.values())


def test_an_empty_note_is_of_a_restore_that_had_not_begun(note: Path):
    note.write_text("")
    assert checkpoint.find_unfinished(note) is None


def test_a_machine_that_is_off_can_be_kept_so(host: SnapshotHost):
    host.becomes(DOMAINS[2], state=MachineState.OFF)
    checkpoint.save(host, PLAN, "broken", off_too=True)
    assert listed(host) == ["broken"]
    assert {domain for verb, domain in host.did if verb in ("pause", "resume")} == {*DOMAINS} - {
        DOMAINS[2]
    }
    assert host.machines[DOMAINS[2]].state is MachineState.OFF


def test_a_machine_that_was_off_is_off_after_a_restore(host: SnapshotHost, note: Path):
    host.becomes(DOMAINS[2], state=MachineState.OFF)
    checkpoint.save(host, PLAN, "broken", off_too=True)
    host.becomes(DOMAINS[2], state=MachineState.RUNNING)
    checkpoint.restore(host, PLAN, "broken", note)
    off = [domain for domain in DOMAINS if host.machines[domain].state is MachineState.OFF]
    assert off == [DOMAINS[2]]
    assert {machine.state for machine in host.machines.values()} == {"running", "off"}


def test_a_checkpoint_of_running_machines_starts_those_that_are_off(host: SnapshotHost, note: Path):
    checkpoint.save(host, PLAN, "healthy")
    host.becomes(DOMAINS[2], state=MachineState.OFF)
    checkpoint.save(host, PLAN, "broken", off_too=True)
    checkpoint.restore(host, PLAN, "healthy", note)
    assert host.states() == {"running"}


@pytest.mark.parametrize("state", [MachineState.PAUSED, MachineState.CRASHED])
def test_only_power_may_be_lacking(host: SnapshotHost, state: MachineState):
    host.becomes(DOMAINS[0], state=state)
    with pytest.raises(StateError, match="no checkpoint of testbed 'lab' was taken"):
        checkpoint.save(host, PLAN, "broken", off_too=True)
    assert host.did == []


def test_a_failure_in_the_middle_switches_nothing_on(host: SnapshotHost):
    host.becomes(DOMAINS[1], state=MachineState.OFF)
    host.refuses.add(("snapshot", DOMAINS[2]))
    with pytest.raises(HostError, match="cannot snapshot domain"):
        checkpoint.save(host, PLAN, "broken", off_too=True)
    assert host.machines[DOMAINS[1]].state is MachineState.OFF
    assert not any(host.snapshots.values())
