"""`testbed up` from the lock to the steady state."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from lab import FakeHost, FakeSession, doors, healthy, image, no, observed

from testbed.apply import boot, budget, health, keys, lifecycle, logs, observe, raising
from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.apply.raising import Wish, up
from testbed.apply.stages import Level
from testbed.errors import GuestError, HostError, StateError, WaitTimeout
from testbed.guest import Result
from testbed.host import MachineState, Snapshot
from testbed.image import Image
from testbed.topology.shipped import find

WISH = Wish(find("aolda-flat"), "lab", "qemu")


def silent(event: object) -> None:
    pass


@pytest.fixture(autouse=True)
def guests(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    """SSH is the one thing that is not real here; images are there."""
    opened = doors(host.plan)

    @contextmanager
    def session(plan: object, own: object) -> Iterator[FakeSession]:
        yield opened

    for module in (raising, lifecycle, logs):
        monkeypatch.setattr(module, "session", session)
    monkeypatch.setattr(
        raising, "build_images", lambda *_: dict.fromkeys(("base", "tenant"), image(tmp_path))
    )
    monkeypatch.setattr(raising.ports, "must_be_free", lambda *_: None)
    return opened


def consoles(host: FakeHost) -> None:
    for machine in host.plan.machines:
        host.console_log_path(machine.domain).write_text(host.prints)


def test_up_raises_a_testbed_and_remembers_that_it_holds(host: FakeHost, folders: Folders):
    raised = up(host, folders, WISH, silent)
    assert len(raised.done) == len(host.plan.machines)
    assert health.recall(folders, "lab").wrong == ()
    seconds = json.loads((folders.records("lab") / "seconds.json").read_text())
    assert set(seconds) == {m.name for m in host.plan.machines} | {"testbed"}


def test_a_checkpoint_that_is_not_proven_is_not_kept(
    host: FakeHost, folders: Folders, guests: FakeSession, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(raising.ready, "_STEADY", 0.0)
    node1 = guests.guests["node1"]

    def falls_ill(text: str) -> Result | None:
        ill = host.snapshots and "=== bonding" in text
        return (
            Result(0, healthy(node1.plan, node1.machine).split("=== route")[0], "", 0.1)
            if ill
            else None
        )

    node1.answers = falls_ill
    with pytest.raises(WaitTimeout, match="the steady state"):
        up(host, folders, WISH, silent)
    assert not any(host.snapshots.values())


def test_a_checkpoint_whose_proof_is_interrupted_is_not_kept(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "settle", interrupted)
        with pytest.raises(KeyboardInterrupt):
            up(host, folders, WISH, silent)
    assert not any(host.snapshots.values())
    up(host, folders, WISH, silent)
    assert all(host.snapshots.values())


def test_what_images_took_meanwhile_is_no_longer_room_for_disks(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    need = budget.needs(host.plan.machines, "qemu")
    monkeypatch.setattr(budget, "free", lambda *_: need)

    def built(*_: object) -> dict[str, Image]:
        monkeypatch.setattr(budget, "free", lambda *_: replace(need, disk_mib=need.disk_mib - 1))
        return {}

    monkeypatch.setattr(raising, "build_images", built)
    with pytest.raises(HostError, match="does not fit this host"):
        up(host, folders, WISH, silent)
    assert host.did == []


def test_disks_that_are_there_need_no_room_again(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    up(host, folders, WISH, silent)
    need = budget.needs(host.plan.machines, "qemu")
    host.plan.folder.mkdir(parents=True, exist_ok=True)
    for machine in host.plan.machines:
        (host.plan.folder / machine.root).write_bytes(b"x" * 2**20)
        host.destroy(machine.domain)
    lacking = len(host.plan.machines)  # MiB, as many as the disks have
    full = replace(need, disk_mib=need.disk_mib - lacking)
    monkeypatch.setattr(budget, "free", lambda *_: full)
    assert len(up(host, folders, WISH, silent).done) == len(host.plan.machines)
    host.destroy(host.plan.machines[0].domain)
    first = budget.needs(host.plan.machines[:1], "qemu")
    monkeypatch.setattr(budget, "free", lambda *_: replace(first, disk_mib=first.disk_mib - 2))
    with pytest.raises(HostError, match="does not fit this host"):
        up(host, folders, WISH, silent)


def test_a_stage_is_kept_when_all_machines_are_ready(host: FakeHost, folders: Folders):
    up(host, folders, WISH, silent)
    for machine in host.list_machines():
        host._becomes(machine.domain, ready=False)
    testbed = observe.get(host, folders, "lab")
    lifecycle.restore(host, folders, testbed, "network")
    assert all(machine.ready for machine in host.list_machines())


def test_up_twice_changes_nothing(host: FakeHost, folders: Folders):
    up(host, folders, WISH, silent)
    host.did.clear()
    raised = up(host, folders, WISH, silent)
    assert (raised.done, host.did) == ((), [])


def test_up_after_a_kill_before_the_mark_makes_the_mark(host: FakeHost, folders: Folders):
    """Without it the machine would be made again, and lose its disks, when it is next off."""
    up(host, folders, WISH, silent)
    host._becomes("testbed-lab-node1", ready=False)
    up(host, folders, WISH, silent)
    assert all(machine.ready for machine in host.list_machines())


def test_a_domain_of_another_testbed_is_never_made_anew(host: FakeHost, folders: Folders):
    """The names of testbed and machine meet at a hyphen, which both may have in them."""
    node1 = observed(host.plan, host.plan.machine("node1"))
    host.has(replace(node1, testbed="la", machine="b-node1", domain="testbed-lab-node1"))
    with pytest.raises(StateError) as caught:
        up(host, folders, WISH, silent)
    assert list(caught.value.lines()) == [
        "error: machine 'node1' of testbed 'lab' cannot be made",
        "  why: its domain, testbed-lab-node1, is machine 'b-node1' of testbed 'la'",
        " next: choose another name: testbed up TOPOLOGY --name NAME",
    ]
    assert host.did == []


def test_a_dry_run_changes_nothing(host: FakeHost, folders: Folders):
    todo, _ = raising.preview(host, folders, WISH)
    assert len(todo) == len(host.plan.machines)
    assert host.did == []
    assert not folders.state.exists()


def test_two_ups_at_once_are_one_too_many(host: FakeHost, folders: Folders):
    with (
        only_one(folders, "lab", "up"),
        pytest.raises(StateError, match="another command is working"),
    ):
        up(host, folders, WISH, silent)
    assert host.did == []


def test_no_room_means_nothing_is_made(host: FakeHost, folders: Folders):
    host.memory_free_mib = 100
    with pytest.raises(HostError, match="does not fit this host"):
        up(host, folders, WISH, silent)
    assert host.did == []
    assert not (folders.records("lab") / "keys").exists()


def test_machines_that_run_need_no_room_again(host: FakeHost, folders: Folders):
    up(host, folders, WISH, silent)
    host.memory_free_mib = 100
    assert up(host, folders, WISH, silent).done == ()


def test_lost_keys_are_told_and_never_made_anew_for_machines_that_live(
    host: FakeHost, folders: Folders
):
    host.has_all()
    host._becomes("testbed-lab-node1", state=MachineState.OFF)
    with pytest.raises(StateError, match="the keys of testbed 'lab' are gone"):
        up(host, folders, WISH, silent)
    assert host.verbs("start") == []


def test_machines_that_are_all_made_again_get_keys_again(host: FakeHost, folders: Folders):
    host.has_all(state=MachineState.OFF, ready=False)
    up(host, folders, WISH, silent)
    assert keys.read(folders, host.plan).user.private


def test_an_error_says_where_the_logs_are(host: FakeHost, folders: Folders):
    host.refuses[("start", "testbed-lab-node1")] = no("start domain 'testbed-lab-node1'")
    with pytest.raises(HostError) as caught:
        up(host, folders, WISH, silent)
    folder = next(folders.logs("lab").iterdir())
    assert caught.value.why == f"the disk is full; logs are in {folder}"
    assert (folder / "node2.console.log").read_bytes().decode() == host.prints


def test_logs_that_cannot_be_collected_do_not_hide_the_error(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(raising.logs, "collect", full)
    host.refuses[("define", "testbed-lab-sw1")] = no("define domain 'testbed-lab-sw1'")
    with pytest.raises(HostError) as caught:
        up(host, folders, WISH, silent)
    assert caught.value.why == "the disk is full"


def test_an_up_that_fails_leaves_no_word_that_all_is_well(
    host: FakeHost, folders: Folders, guests: FakeSession
):
    up(host, folders, WISH, silent)
    host._becomes("testbed-lab-node1", state=MachineState.OFF)
    host.prints = "testbed-stage: booted\ntestbed-stage: ssh\ntestbed-stage: cloud-init error\n"
    with pytest.raises(GuestError):
        up(host, folders, WISH, silent)
    assert health.recall(folders, "lab") is None


def test_an_up_whose_stage_fails_leaves_no_word_that_all_is_well(
    host: FakeHost, folders: Folders, guests: FakeSession, monkeypatch: pytest.MonkeyPatch
):
    up(host, folders, WISH, silent)

    def fails(*_: object, **__: object) -> None:
        raise GuestError("the storage stage failed")

    monkeypatch.setattr(raising, "_raise_stages", fails)
    with pytest.raises(GuestError):
        up(host, folders, WISH, silent)
    assert health.recall(folders, "lab") is None


def test_a_testbed_that_does_not_hold_is_mended_without_a_change(
    host: FakeHost, folders: Folders, guests: FakeSession
):
    up(host, folders, WISH, silent)
    failures = iter([Result(0, "", "", 0.1)])
    guests.guests["node1"].answers = lambda text: (
        next(failures, None) if "=== answers" in text else None
    )
    assert up(host, folders, WISH, silent).done == ()
    assert next(failures, None) is None
    assert health.recall(folders, "lab").wrong == ()


class TestRestoreCutShort:
    def test_up_goes_through_with_it(self, host: FakeHost, folders: Folders):
        up(host, folders, WISH, silent)
        taken = (Snapshot("healthy", 1, MachineState.RUNNING),)
        host.snapshots = {machine.domain: taken for machine in host.plan.machines}
        folders.unfinished_restore("lab").write_text("healthy")
        up(host, folders, WISH, silent)
        assert len(host.verbs("revert")) == len(host.plan.machines)
        assert not folders.unfinished_restore("lab").exists()

    def test_resume_goes_through_with_it(self, host: FakeHost, folders: Folders):
        from testbed.apply import observe

        up(host, folders, WISH, silent)
        taken = (Snapshot("healthy", 1, MachineState.RUNNING),)
        host.snapshots = {machine.domain: taken for machine in host.plan.machines}
        folders.unfinished_restore("lab").write_text("healthy")
        lifecycle.resume(host, folders, observe.get(host, folders, "lab"))
        assert len(host.verbs("revert")) == len(host.plan.machines)

    def test_without_its_checkpoint_only_down_helps(self, host: FakeHost, folders: Folders):
        up(host, folders, WISH, silent)
        folders.unfinished_restore("lab").write_text("healthy")
        with pytest.raises(StateError) as caught:
            up(host, folders, WISH, silent)
        assert list(caught.value.lines()) == [
            "error: a restore of testbed 'lab' was cut short, so its machines differ in age",
            "  why: checkpoint 'healthy', which would make them one age again, is gone",
            " next: run: testbed down --name lab, then: testbed up --name lab",
        ]

    def test_without_any_stage_no_way_leads_in_a_circle(self, host: FakeHost, folders: Folders):
        up(host, folders, WISH, silent)
        host.snapshots.clear()
        folders.unfinished_restore("lab").write_text("network")
        with pytest.raises(StateError) as caught:
            up(host, folders, WISH, silent)
        assert "testbed down --forget --name lab, then: testbed up" in caught.value.next_step
        with pytest.raises(StateError) as caught:
            lifecycle.down(host, folders, "lab")
        assert "testbed up" not in caught.value.next_step, "that leads back here"
        lifecycle.down(host, folders, "lab", forget=True)
        assert host.machines == {}


@pytest.mark.parametrize(
    ("to", "gib", "proposed"),
    [
        (None, 13, "testbed up aolda-cloud-compact"),
        (None, 9, "testbed status"),
        (Level.STORAGE, 7.5, "testbed up aolda"),
    ],
)
def test_where_a_testbed_does_not_fit_one_that_goes_as_far_is_proposed(
    host: FakeHost, folders: Folders, to: Level | None, gib: float, proposed: str
):
    host.memory_free_mib = int(gib * 1024)
    with pytest.raises(HostError, match="does not fit this host") as caught:
        up(host, folders, Wish(find("aolda-cloud"), "cloud", "qemu", to), silent)
    assert caught.value.next_step.endswith(proposed)


def test_another_topology_under_the_same_name_is_refused(host: FakeHost, folders: Folders):
    host.has_all()
    with pytest.raises(StateError) as caught:
        up(host, folders, Wish(find("aolda"), "lab", "qemu"), silent)
    assert list(caught.value.lines()) == [
        "error: testbed 'lab' exists and was made from another topology",
        "  why: it was made from 'aolda-flat' as that was then",
        " next: go on with it: testbed up --name lab, take it down first: "
        "testbed down --forget --name lab, or choose another name with --name",
    ]


@pytest.mark.parametrize(
    ("cpus", "accel", "width"), [(1, "qemu", 2), (8, "qemu", 8), (2, "kvm", 8)]
)
def test_kvm_boots_more_machines_side_by_side(cpus, accel, width):
    assert boot.width(cpus, accel) == width


def test_kvm_that_only_a_boot_sector_had_shown_is_proven_once_there_is_a_kernel(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
):
    types = []
    monkeypatch.setattr(raising, "accelerator", lambda cache: "qemu")
    monkeypatch.setattr(host, "define", _noting_types(host, types))
    up(host, folders, replace(WISH, accel="kvm"), silent)
    assert set(types) == {"qemu"}


def _noting_types(host: FakeHost, types: list[str]) -> Callable[[str, str], None]:
    define = host.define

    def note(xml: str, name: str) -> None:
        types.append(ET.fromstring(xml).attrib["type"])
        define(xml, name)

    return note
