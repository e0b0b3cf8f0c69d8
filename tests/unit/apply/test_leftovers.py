"""What `gc` removes, and what it must not."""

from pathlib import Path

import pytest
from lab import FakeHost
from locking import locked

from testbed.apply import disks
from testbed.apply.folders import Folders
from testbed.apply.leftovers import remove_leftovers
from testbed.apply.lock import only_one


@pytest.fixture
def old(host: FakeHost, folders: Folders) -> Path:
    """The disks of a testbed that is no more, and their pool."""
    host.pools.add("testbed-old")
    folders.of_testbed("old")
    disks = folders.disks("old")
    disks.mkdir(parents=True)
    (disks / "node1.qcow2").write_text("bytes")
    return disks


def test_nothing_left_over_is_nothing_removed(host: FakeHost, folders: Folders):
    assert remove_leftovers(host, folders, dry_run=False) == ()


def test_folders_and_pool_of_a_testbed_that_is_gone_are_removed(
    host: FakeHost, folders: Folders, old: Path
):
    assert remove_leftovers(host, folders, dry_run=False) == (
        "pool testbed-old",
        str(old),
        str(folders.records("old")),
    )
    assert not old.exists()
    assert not folders.records("old").exists()
    assert host.pools == set()


def test_a_dry_run_names_the_same_and_removes_nothing(host: FakeHost, folders: Folders, old: Path):
    would = remove_leftovers(host, folders, dry_run=True)
    assert old.exists()
    assert host.did == []
    assert remove_leftovers(host, folders, dry_run=False) == would


def test_a_testbed_that_lives_keeps_everything(host: FakeHost, folders: Folders):
    host.has_all()
    folders.of_testbed("lab")
    assert remove_leftovers(host, folders, dry_run=False) == ()
    assert folders.records("lab").exists()


def test_a_testbed_that_is_being_raised_is_left_alone(host: FakeHost, folders: Folders, old: Path):
    with only_one(folders, "old", "up"):
        assert remove_leftovers(host, folders, dry_run=False) == ()
    assert old.exists()


def test_disks_that_an_emulator_has_open_are_left_alone(
    host: FakeHost, folders: Folders, old: Path
):
    with locked(old / "node1.qcow2"):
        assert disks.any_in_use(old)
        assert remove_leftovers(host, folders, dry_run=False) == ()
        assert old.exists()
    assert not disks.any_in_use(old)
    assert remove_leftovers(host, folders, dry_run=False) != ()


def test_one_disk_in_use_is_told_among_others(old: Path):
    for number in (2, 3):
        (old / f"node{number}.qcow2").touch()
    assert not disks.any_in_use(old)
    with locked(old / "node2.qcow2"):
        assert disks.any_in_use(old)
    assert not disks.any_in_use(old.with_name("nowhere"))


def test_a_testbed_raised_while_we_looked_is_left_alone(
    host: FakeHost, folders: Folders, old: Path, monkeypatch: pytest.MonkeyPatch
):
    from testbed.apply import leftovers

    looks = iter([(), ("old",)])
    monkeypatch.setattr(leftovers, "names", lambda host: next(looks))
    assert remove_leftovers(host, folders, dry_run=False) == ()
    assert old.exists()


def test_what_no_testbed_can_be_called_is_not_ours(host: FakeHost, folders: Folders):
    (folders.data / "My Notes").mkdir(parents=True)
    folders.lock("lab")
    folders.log().write_text("Traceback")
    assert remove_leftovers(host, folders, dry_run=False) == ()
    assert (folders.data / "My Notes").exists()
    assert folders.lock("lab").parent.exists()
