"""`down` keeps a testbed that has a stage, `up` restores it; whatever happens in between."""

import errno
import json
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keeping_host import KeepingHost, put_image
from lab import FakeSession, doors, no

from testbed import checkpoint
from testbed.apply import disks, keeping, kept, keys, lifecycle, logs, observe, raising
from testbed.apply.budget import Budget
from testbed.apply.changes import Action
from testbed.apply.disks import must_not_be_lost
from testbed.apply.folders import Folders
from testbed.apply.leftovers import disks_left_alone, remove_leftovers
from testbed.apply.progress import Event, Stage, Status
from testbed.apply.raising import Raised, Wish
from testbed.apply.stages import Level, nearest
from testbed.errors import HostError, StateError
from testbed.host import MachineState
from testbed.image.digest import digest
from testbed.image.reading import read_lineage, recipes_folder
from testbed.plan.decide import plan
from testbed.plan.identity import free_loopback
from testbed.plan.models import Disk
from testbed.topology.shipped import find

FLAT = find("aolda-flat")
OF_ONE_IMAGE = {name: m.model_copy(update={"image": "base"}) for name, m in FLAT.machines.items()}
WISH = Wish(FLAT.model_copy(update={"machines": OF_ONE_IMAGE}), "lab", "qemu")
LOOPBACK = free_loopback("lab", ())


@pytest.fixture
def host(tmp_path: Path, folders: Folders) -> KeepingHost:
    logs = tmp_path / "console"
    logs.mkdir()
    made = plan(WISH.topology, name="lab", folder=folders.disks("lab"), loopback=LOOPBACK)
    return KeepingHost(made, logs, backing=put_image(folders))


@pytest.fixture(autouse=True)
def guests(host: KeepingHost, monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    opened = doors(host.plan)

    @contextmanager
    def session(plan: object, own: object) -> Iterator[FakeSession]:
        yield opened

    for module in (raising, lifecycle, logs):
        monkeypatch.setattr(module, "session", session)
    monkeypatch.setattr(raising.ports, "must_be_free", lambda *_: None)
    return opened


@pytest.fixture
def up(host: KeepingHost, folders: Folders) -> Callable[..., Raised]:
    """`testbed up`; the events it tells are kept in `up.told`."""

    def run(wish: Wish = WISH) -> Raised:
        return raising.up(host, folders, wish, run.told.append)

    run.told = []
    return run


@pytest.fixture
def data(host: KeepingHost, up: Callable[..., Raised]) -> Path:
    """A testbed that was up, with something of its own on a disk."""
    up()
    disk = host.plan.folder / host.plan.machine("node1").root
    disk.write_text("precious")
    up.told.clear()
    return disk


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything_of(folders: Folders) -> list[Path]:
    places = (folders.disks("lab"), folders.records("lab"), folders.kept("lab"))
    return [path for path in places if path.exists()]


def test_down_keeps_disks_and_keys_and_leaves_nothing_in_libvirt(host, folders, data):
    before = keys.read(folders, host.plan).user.private
    gone = lifecycle.down(host, folders, "lab")
    assert gone.machines == 6
    assert gone.kept is not None and gone.kept.stages == ("network",)
    assert (host.machines, host.pools) == ({}, set())
    assert everything_of(folders) == [folders.kept("lab")]
    assert (kept.disks(folders, "lab") / data.name).read_text() == "precious"
    assert (kept.keys(folders, "lab") / "user").read_text() == before


def test_what_is_kept_is_the_owners_alone(host, folders, data):
    lifecycle.down(host, folders, "lab")
    places = (folders.all_kept(), folders.kept("lab"), kept.keys(folders, "lab"))
    assert {mode(folder) for folder in places} == {0o700}
    manifest = folders.kept("lab") / "manifest.json"
    secrets = (manifest, *kept.keys(folders, "lab").iterdir())
    assert {mode(path) for path in secrets} == {0o600}


def test_up_restores_it_with_its_data_and_makes_nothing(host, folders, data, up):
    own = keys.read(folders, host.plan)
    lifecycle.down(host, folders, "lab")
    host.did.clear()
    raised = up()
    assert (raised.restored, raised.note) == (Level.NETWORK, "")
    assert {change.action for change in raised.done} == {Action.RESTORE}
    assert host.verbs("overlay", "disk", "upload", "define", "start") == []
    assert len(host.verbs("revert")) == len(host.plan.machines)
    assert {machine.state for machine in host.list_machines()} == {"running"}
    assert data.read_text() == "precious"
    assert keys.read(folders, host.plan) == own
    assert not folders.kept("lab").exists()
    assert not folders.unfinished_restore("lab").exists()


def test_seconds_and_progress_tell_the_restore_and_no_boot(host, folders, data, up):
    lifecycle.down(host, folders, "lab")
    up()
    seconds = json.loads((folders.records("lab") / "seconds.json").read_text())
    assert set(seconds) == {"testbed"}
    assert set(seconds["testbed"]) == {"restored: network"}
    assert {event.stage for event in up.told} == {Stage.RESTORED}


def test_a_restored_testbed_is_kept_again(host, folders, data, up):
    for _ in range(3):
        assert lifecycle.down(host, folders, "lab").kept
        assert up().restored is Level.NETWORK
    assert data.read_text() == "precious"


def test_a_dry_run_says_what_would_be_restored(host, folders, data):
    lifecycle.down(host, folders, "lab")
    todo, why_deleted = raising.preview(host, folders, WISH)
    assert (str(todo[0]), why_deleted) == ("restore sw1: it is kept at stage network", "")
    assert everything_of(folders) == [folders.kept("lab")]


def test_a_testbed_that_was_never_ready_is_removed(host, folders, data):
    host.snapshots.clear()
    folders.seconds("lab").unlink()
    gone = lifecycle.down(host, folders, "lab")
    assert gone.kept is None
    assert everything_of(folders) == []


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        ("none", "it has none of a stage, which `up` takes at its end"),
        ("node3", "libvirt has lost node3, and it was ready once"),
        ("all", "libvirt has lost all its machines, and their disks are there"),
    ],
)
def test_what_was_ready_once_is_not_deleted_for_want_of_a_stage(host, folders, data, lost, why):
    host.snapshots.clear()
    for machine in host.plan.machines:
        if lost in ("all", machine.name):
            del host.machines[machine.domain]
    with pytest.raises(StateError, match="was not taken down") as caught:
        lifecycle.down(host, folders, "lab")
    assert caught.value.why == why
    assert remove_leftovers(host, folders, dry_run=False) == ()
    assert data.read_text() == "precious"
    assert disks_left_alone(host, folders) == (("lab",) if lost == "all" else ())
    lifecycle.down(host, folders, "lab", forget=True)
    assert everything_of(folders) == []


def test_own_checkpoints_are_not_deleted_for_want_of_a_stage(host, folders, data):
    lifecycle.save(host, folders, observe.get(host, folders, "lab"), "mine")
    checkpoint.delete(host, host.plan, "network")
    with pytest.raises(StateError, match="was not taken down") as caught:
        lifecycle.down(host, folders, "lab")
    assert caught.value.why.startswith("it has checkpoints (mine) and none of a stage")
    assert "testbed up --name lab" in caught.value.next_step
    assert data.read_text() == "precious"


def test_a_machine_that_libvirt_has_lost_does_not_cost_the_others(host, folders, data):
    del host.machines["testbed-lab-node3"]
    with pytest.raises(StateError, match="was not taken down") as caught:
        lifecycle.down(host, folders, "lab")
    assert caught.value.why == "libvirt has lost node3, and the others have checkpoints"
    assert data.read_text() == "precious"
    shutil.rmtree(folders.records("lab"))  # as where its removal was cut short
    lifecycle.down(host, folders, "lab")
    assert everything_of(folders) == []


def test_power_is_cut_before_disks_are_synced_and_machines_leave_after(
    host, folders, data, monkeypatch
):
    monkeypatch.setattr(keeping, "_sync", lambda _: host.did.append(("sync", "")))
    host.did.clear()
    lifecycle.down(host, folders, "lab")
    verbs = [verb for verb, _ in host.verbs("destroy", "sync", "undefine")]
    count = len(host.plan.machines)
    assert verbs[: count + 1] == ["destroy"] * count + ["sync"]
    assert "sync" not in verbs[count + 1 :]
    assert verbs.count("undefine") == count


@pytest.mark.parametrize("is_up", [True, False], ids=["up", "kept"])
def test_down_forget_leaves_nothing(host, folders, data, is_up):
    if not is_up:
        lifecycle.down(host, folders, "lab")
    assert lifecycle.down(host, folders, "lab", forget=True).kept is None
    assert everything_of(folders) == []
    assert (host.machines, host.pools) == ({}, set())


def test_down_of_a_kept_testbed_changes_nothing(host, folders, data):
    first = lifecycle.down(host, folders, "lab")
    again = lifecycle.down(host, folders, "lab")
    assert (again.machines, again.kept) == (0, first.kept)


@pytest.mark.parametrize("lost", ["keys", "disks"])
def test_one_that_cannot_be_kept_is_not_deleted_for_that(host, folders, data, lost):
    folder = folders.disks("lab") if lost == "disks" else folders.records("lab") / "keys"
    shutil.rmtree(folder)
    with pytest.raises(StateError, match="'lab' was not taken down: it cannot be kept") as caught:
        lifecycle.down(host, folders, "lab")
    assert "keys of testbed 'lab' are gone" in caught.value.why or "No such" in caught.value.why
    assert "testbed down --forget --name lab" in caught.value.next_step
    assert {machine.state for machine in host.list_machines()} == {"running"}
    lifecycle.down(host, folders, "lab", forget=True)
    assert everything_of(folders) == []


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["_copy_keys", "draft"])
def test_without_room_for_what_is_kept_nothing_is_taken_down(
    host, folders, data, monkeypatch, step
):
    with monkeypatch.context() as patch:
        patch.setattr(kept if step == "draft" else keeping, step, full)
        with pytest.raises(HostError, match="'lab' was not taken down") as caught:
            lifecycle.down(host, folders, "lab")
    assert "No space left on device" in caught.value.why
    assert "testbed down --forget --name lab" in caught.value.next_step
    assert {machine.state for machine in host.list_machines()} == {"running"}
    assert lifecycle.down(host, folders, "lab").kept
    assert everything_of(folders) == [folders.kept("lab")]


def test_a_disk_that_fails_while_it_is_put_aside_costs_nothing(host, folders, data, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "_sync", full)
        with pytest.raises(HostError, match="'lab' was not taken down"):
            lifecycle.down(host, folders, "lab")
    assert lifecycle.down(host, folders, "lab").kept
    assert (kept.disks(folders, "lab") / data.name).read_text() == "precious"


def test_a_full_disk_costs_no_kept_testbed(host, folders, data, up, monkeypatch):
    lifecycle.down(host, folders, "lab")
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "_copy_keys", full)
        with pytest.raises(OSError, match="No space left"):
            up()
    assert kept.find(folders, "lab")
    assert up().restored is Level.NETWORK
    assert data.read_text() == "precious"


CHANGES = {
    "QEMU": lambda host, folders: setattr(host, "qemu", (10, 1, 0)),
    "the host's CPU": lambda host, folders: setattr(host, "cpu", "x86_64 Skylake"),
    "image 'base'": lambda host, folders: put_image(folders, built_at=2.0),
}


@pytest.mark.parametrize("part", CHANGES)
def test_onto_anything_else_it_is_deployed_anew_and_says_why(host, folders, data, up, part):
    lifecycle.down(host, folders, "lab")
    CHANGES[part](host, folders)
    raised = up()
    why = f"'lab' was kept but is deployed anew: {part} changed since it was kept"
    assert (raised.restored, raised.note) == (None, why)
    assert up.told[0] == Event("testbed", Stage.RESTORED, Status.NOTED, detail=why)
    assert data.read_text() == "new"
    assert not folders.kept("lab").exists()


def test_another_topology_under_its_name_does_not_delete_it(host, folders, data, up):
    lifecycle.down(host, folders, "lab")
    with pytest.raises(StateError, match="kept and was made from another topology") as caught:
        up(replace(WISH, topology=find("aolda-one")))
    assert "made from 'aolda-flat', and 'aolda-one' would take its place" in caught.value.why
    assert "testbed up --name lab" in caught.value.next_step
    assert up().restored is Level.NETWORK
    assert data.read_text() == "precious"


def test_a_testbed_kept_before_there_was_kvm_goes_on_emulated(host, folders, data, up):
    lifecycle.down(host, folders, "lab")
    assert up(replace(WISH, accel="kvm")).restored is Level.NETWORK
    assert data.read_text() == "precious"
    assert {made.accelerator for made in host.defined.values()} == {"qemu"}


def test_kvm_that_is_gone_for_a_moment_costs_no_kept_testbed(host, folders, data, up):
    host.defined = {
        domain: replace(made, xml=made.xml.replace("qemu", "kvm", 1))
        for domain, made in host.defined.items()
    }
    lifecycle.down(host, folders, "lab")
    with pytest.raises(StateError, match="ran with KVM, which does not work now"):
        up()
    assert up(replace(WISH, accel="kvm")).restored is Level.NETWORK


def test_disks_of_another_libvirts_machines_are_not_deployed_over(host, folders, data, up):
    host.machines.clear()
    host.pools.clear()
    with pytest.raises(StateError) as caught:
        up()
    assert "XDG_CONFIG_HOME or TESTBED_URI" in caught.value.why
    assert data.read_text() == "precious"
    lifecycle.down(host, folders, "lab", forget=True)
    assert up().restored is None


def test_a_machine_that_libvirt_has_lost_is_not_made_anew_over_its_disks(host, folders, data):
    osd = Disk("node1.osd1.qcow2", "osd1", 64)
    machines = tuple(
        replace(each, disks=(osd,)) if each.name == "node1" else each for each in host.plan.machines
    )
    plan = replace(host.plan, machines=machines)
    (plan.folder / osd.volume).write_text("precious")
    with pytest.raises(StateError, match="machine 'node1' would be made anew, and its disks"):
        must_not_be_lost(plan, {"node1"})
    must_not_be_lost(plan, {"node2"})
    (plan.folder / osd.volume).unlink()
    must_not_be_lost(plan, {"node1"})


def test_a_manifest_that_cannot_be_read_just_now_is_no_rubbish(
    host, folders, data, up, monkeypatch
):
    lifecycle.down(host, folders, "lab")
    with monkeypatch.context() as patched:
        go_stale(patched)
        with pytest.raises(HostError, match="it cannot be told what is kept"):
            up()
    assert up().restored is Level.NETWORK


def test_what_is_forgotten_need_not_be_readable(host, folders, data, monkeypatch):
    lifecycle.down(host, folders, "lab")
    with monkeypatch.context() as patched:
        go_stale(patched)
        lifecycle.down(host, folders, "lab", forget=True)
    assert everything_of(folders) == []


def go_stale(patched: pytest.MonkeyPatch) -> None:
    """Let manifests be as on a network's disk whose server has gone."""
    read = Path.read_text

    def stale(path: Path, *words: Any, **more: Any) -> str:
        if path.name == "manifest.json" and path.exists():
            raise OSError(errno.ESTALE, "Stale file handle")
        return read(path, *words, **more)

    patched.setattr(Path, "read_text", stale)


@pytest.mark.parametrize("forget", [False, True])
def test_down_takes_no_unknown_disk_that_is_in_use_or_not_given_up(
    host, folders, data, monkeypatch, forget
):
    host.machines.clear()
    host.pools.clear()
    with monkeypatch.context() as patched:
        patched.setattr(disks, "any_in_use", lambda _: True)
        with pytest.raises(HostError, match="are in use, and this libvirt does not know it"):
            lifecycle.down(host, folders, "lab", forget=forget)
    assert data.read_text() == "precious"
    if not forget:
        with pytest.raises(StateError, match="this libvirt does not know it"):
            lifecycle.down(host, folders, "lab")
        assert data.read_text() == "precious"
    lifecycle.down(host, folders, "lab", forget=True)
    assert everything_of(folders) == []


def test_of_a_testbed_that_was_ready_no_machine_is_made_unasked(host, folders, data, monkeypatch):
    asked: list[set[str]] = []
    monkeypatch.setattr(disks, "must_not_be_lost", lambda _, made: asked.append(made))
    node1 = host.machines["testbed-lab-node1"]
    host.has(replace(node1, state=MachineState.OFF, ready=False))
    raising.preview(host, folders, WISH)
    host.machines.clear()
    raising.preview(host, folders, WISH)
    (folders.records("lab") / "seconds.json").unlink()  # as before its first `up` has ended
    raising.preview(host, folders, WISH)
    assert asked == [{"node1"}, {machine.name for machine in host.plan.machines}]


def test_a_deployment_that_fails_leaves_the_kept_one(host, folders, data, up):
    lifecycle.down(host, folders, "lab")
    host.cpu = "x86_64 Skylake"
    host.refuses[("define", "testbed-lab-node1")] = no("define domain 'testbed-lab-node1'")
    with pytest.raises(HostError):
        up()
    lifecycle.down(host, folders, "lab")
    host.cpu = "x86_64 EPYC"
    assert up().restored is Level.NETWORK
    assert data.read_text() == "precious"


@pytest.mark.parametrize("verb", ["pool", "define again", "revert"])
@pytest.mark.parametrize("then", ["up", "down"])
def test_a_restore_that_fails_deletes_nothing(host, folders, data, up, verb, then):
    name = "testbed-lab" if verb == "pool" else "testbed-lab-node2"
    lifecycle.down(host, folders, "lab")
    host.refuses[(verb, name)] = no(f"{verb} '{name}'")
    with pytest.raises(HostError, match=f"cannot {verb} '{name}'") as caught:
        up()
    assert caught.value.next_step.endswith("or give it up: testbed down --forget --name lab")
    host.refuses.clear()
    if then == "down":
        assert lifecycle.down(host, folders, "lab").kept
    host.did.clear()
    up()
    assert host.verbs("overlay") == []
    assert data.read_text() == "precious"


def test_without_memory_nothing_is_tried_and_it_stays_kept(host, folders, data, up):
    lifecycle.down(host, folders, "lab")
    host.memory_free_mib = 100
    with pytest.raises(HostError, match="does not fit this host"):
        up()
    assert kept.find(folders, "lab")
    assert host.machines == {}


def with_disk_mib(monkeypatch: pytest.MonkeyPatch, free: int, old: int) -> None:
    monkeypatch.setattr(raising.budget, "free", lambda *_: Budget(64 * 1024, free, 8))
    monkeypatch.setattr(kept, "bytes_on_disk", lambda *_: old * 2**20)


def test_what_is_kept_needs_no_room_again(host, folders, data, up, monkeypatch):
    lifecycle.down(host, folders, "lab")
    with_disk_mib(monkeypatch, free=0, old=100_000)
    assert up().restored is Level.NETWORK


def test_what_is_kept_gives_way_where_the_new_one_has_no_room(host, folders, data, up, monkeypatch):
    lifecycle.down(host, folders, "lab")
    host.cpu = "x86_64 Skylake"
    with_disk_mib(monkeypatch, free=10, old=100_000)
    host.refuses[("define", "testbed-lab-node1")] = no("define domain 'testbed-lab-node1'")
    with pytest.raises(HostError):
        up()
    assert not folders.kept("lab").exists()


FIRST, LAST = "testbed-lab-node1", "testbed-lab-sw1"
CUT_DOWN = [
    ("destroy", FIRST),
    ("undefine", FIRST),
    ("undefine", LAST),
    ("forget pool", "testbed-lab"),
]


def cut(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Let the next call of a function be as if we were killed there."""
    real = getattr(module, name)

    def killed(*_: object) -> None:
        monkeypatch.setattr(module, name, real)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, killed)


CUT_UP = [
    ("forget pool", "testbed-lab"),
    ("pool", "testbed-lab"),
    ("define again", FIRST),
    ("define again", LAST),
    ("revert", FIRST),
]
COMMANDS = {
    "up": lambda host, folders: None,
    "down": lambda host, folders: lifecycle.down(host, folders, "lab"),
    "gc": lambda host, folders: remove_leftovers(host, folders, dry_run=False),
}


@pytest.mark.parametrize("then", COMMANDS)
@pytest.mark.parametrize("at", [*CUT_DOWN, "_copy_keys", "draft", "_sync", "publish"], ids=str)
def test_a_down_cut_short_loses_nothing(host, folders, data, up, monkeypatch, at, then):
    if isinstance(at, tuple):
        host.interrupted_at = at
    else:
        cut(monkeypatch, kept if at in ("draft", "publish") else keeping, at)
    with pytest.raises(KeyboardInterrupt):
        lifecycle.down(host, folders, "lab")
    COMMANDS[then](host, folders)
    if then == "down":
        assert everything_of(folders) == [folders.kept("lab")]
        assert host.machines == {}
    up()
    assert data.read_text() == "precious"
    assert {machine.state for machine in host.list_machines()} == {"running"}
    assert not folders.kept("lab").exists()


@pytest.mark.parametrize("then", COMMANDS)
@pytest.mark.parametrize("at", [*CUT_UP, "_copy_keys", "remove"], ids=str)
def test_a_restore_cut_short_loses_nothing(host, folders, data, up, monkeypatch, at, then):
    lifecycle.down(host, folders, "lab")
    if isinstance(at, tuple):
        host.interrupted_at = at
    else:
        cut(monkeypatch, kept if at == "remove" else keeping, at)
    with pytest.raises(KeyboardInterrupt):
        up()
    COMMANDS[then](host, folders)
    host.did.clear()
    up()
    assert host.verbs("overlay") == []
    assert len(host.verbs("revert")) == len(host.plan.machines)
    assert data.read_text() == "precious"
    assert not folders.kept("lab").exists()


def test_gc_removes_half_kept_ones_and_no_whole_one(host, folders, data):
    lifecycle.down(host, folders, "lab")
    (folders.kept("half") / "disks").mkdir(parents=True)
    shutil.copytree(folders.kept("lab"), folders.kept("robbed"))
    shutil.rmtree(kept.disks(folders, "robbed"))
    would = remove_leftovers(host, folders, dry_run=True)
    assert would == (str(folders.kept("half")), str(folders.kept("robbed")))
    assert folders.kept("half").exists()
    assert remove_leftovers(host, folders, dry_run=False) == would
    assert kept.names(folders) == ("lab",)
    assert kept.find(folders, "lab")


@pytest.mark.parametrize("is_swept", [True, False], ids=["without its kernel", "gone"])
@pytest.mark.parametrize("whose", ["existing", "kept", "on its way"])
def test_an_image_is_not_made_anew_under_disks(
    host, folders, data, up, monkeypatch, whose, is_swept
):
    base = digest(read_lineage(recipes_folder() / "base"))
    if whose == "existing":
        monkeypatch.setattr(observe, "images_in_use", lambda _: {base})
        host.machines.pop("testbed-lab-node1")
    else:
        keep_as(host, folders, "old", base, is_draft=whose == "on its way")
        data = kept.disks(folders, "old") / data.name
    if is_swept:
        (host.backing.parent / "kernel").unlink()
    else:
        shutil.rmtree(host.backing.parent)
    with pytest.raises(StateError, match="image 'base' cannot be made anew") as caught:
        up()
    assert "testbed down --forget" in caught.value.next_step
    assert data.read_text() == "precious"


def keep_as(host: KeepingHost, folders: Folders, name: str, image: str, *, is_draft: bool) -> None:
    """Let the testbed be kept under another name, as one that stands on an image."""
    manifest = lifecycle.down(host, folders, "lab").kept
    assert manifest is not None
    folders.kept("lab").rename(folders.kept(name))
    kept.draft(folders, replace(manifest, name=name, images=(image,)))
    if is_draft:
        (folders.kept(name) / "manifest.json").unlink()
    else:
        kept.publish(folders, name)


def test_without_knowing_all_disks_no_image_is_unused(host, folders, data):
    host.pools.clear()
    with pytest.raises(StateError, match="this libvirt does not know it"):
        kept.images_in_use(host, folders)


def test_the_images_of_kept_disks_are_in_use(host, folders, data):
    lifecycle.down(host, folders, "lab")
    assert kept.images_in_use(host, folders) == {"0123456789abcdef"}


def test_a_manifest_that_was_changed_is_left_alone(host, folders, data, up):
    lifecycle.down(host, folders, "lab")
    path = folders.kept("lab") / "manifest.json"
    path.write_text(path.read_text().replace("EPYC", "Skylake"))
    must_be_left_alone(host, folders, up)


@pytest.mark.parametrize("is_going", [True, False], ids=["on its way", "kept"])
def test_what_another_version_kept_is_left_alone(host, folders, data, up, is_going):
    lifecycle.down(host, folders, "lab")
    path = folders.kept("lab") / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    if is_going:
        path.rename(path.with_name("manifest.draft.json"))
    must_be_left_alone(host, folders, up)


def must_be_left_alone(host: KeepingHost, folders: Folders, up: Callable[..., Raised]) -> None:
    """Nothing takes what is kept for rubbish, nor its image for one that nobody needs."""
    for command in (
        lambda: lifecycle.down(host, folders, "lab"),
        lambda: kept.images_in_use(host, folders),
        up,
    ):
        with pytest.raises(StateError, match="is not of a kind that this version knows") as caught:
            command()
        assert "testbed down --forget --name lab" in caught.value.next_step
    assert remove_leftovers(host, folders, dry_run=False) == ()
    assert any(kept.disks(folders, "lab").iterdir())
    lifecycle.down(host, folders, "lab", forget=True)
    assert everything_of(folders) == []


def test_a_higher_stage_than_wanted_is_restored_rather_than_thrown_away(host, folders, data, up):
    lifecycle.save(host, folders, observe.get(host, folders, "lab"), "storage")
    checkpoint.delete(host, host.plan, "network")
    gone = lifecycle.down(host, folders, "lab")
    assert gone.kept is not None and gone.kept.stages == ("storage",)
    raised = up(replace(WISH, to=Level.NETWORK))
    assert (raised.restored, raised.level) == (Level.STORAGE, Level.STORAGE)
    assert data.read_text() == "precious"


@pytest.mark.parametrize(
    ("stages", "goal", "stage"),
    [
        (("network", "storage"), "storage", "storage"),
        (("network", "storage"), "network", "network"),
        (("network",), "storage", "network"),
        (("storage", "cloud"), "network", "storage"),
    ],
)
def test_the_highest_stage_up_to_the_goal_is_restored_or_the_next_above(stages, goal, stage):
    assert nearest(stages, Level(goal)) == stage
