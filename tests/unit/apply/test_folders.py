"""Where files are, and that nobody else can read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.apply import keys
from testbed.apply.folders import Folders, is_name, make_private, write_private
from testbed.errors import StateError, TestbedError
from testbed.host import Host


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_the_owners_alone(folders: Folders, umask: int):
    assert mode(folders.of_testbed("lab")) == 0o700
    assert mode(folders.lock("lab").parent) == 0o700
    assert mode(folders.log().parent) == 0o700
    assert mode(folders.state) == 0o700


def test_a_folder_that_was_open_is_closed(tmp_path: Path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o777)
    make_private(folder)
    assert mode(folder) == 0o700


def test_files_are_the_owners_alone(tmp_path: Path, umask: int):
    write_private(tmp_path / "key", "secret")
    assert (tmp_path / "key").read_text() == "secret"
    assert mode(tmp_path / "key") == 0o600


def test_a_file_others_could_read_is_closed_when_it_is_written_again(tmp_path: Path):
    (tmp_path / "key").write_text("old")
    (tmp_path / "key").chmod(0o644)
    write_private(tmp_path / "key", "new")
    assert ((tmp_path / "key").read_text(), mode(tmp_path / "key")) == ("new", 0o600)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    write_private(tmp_path / "key", "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(tmp_path / "key", "new \udcff")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").read_text() == "old"


def test_a_killed_writers_remains_do_not_disturb(tmp_path: Path):
    (tmp_path / ".key.3f2a").write_text("half")
    write_private(tmp_path / "key", "whole")
    assert (tmp_path / "key").read_text() == "whole"


def test_two_writers_of_the_same_text_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two `testbed ssh` at once both write the same ssh_config."""
    replace = Path.replace

    def meanwhile(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        write_private(tmp_path / "config", "same")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", meanwhile)
    write_private(tmp_path / "config", "same")
    assert (tmp_path / "config").read_text() == "same"


@pytest.mark.parametrize("name", ["lab", "a", "aolda-flat", "x" * 24, "lab1"])
def test_names_of_testbeds(name):
    assert is_name(name)


NO_PATHS = ["", ".", "..", "../lab", "/etc", "lab/x"]
NO_NAMES = [*NO_PATHS, "Lab", "1lab", "-x", "x" * 25, "a\n", "locks", "kept", "labs"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_leads_out_of_our_folders_is_refused_everywhere(folders: Folders, name: str):
    for ask in (
        folders.disks,
        folders.records,
        folders.of_testbed,
        folders.lock,
        folders.kept,
    ):
        with pytest.raises(StateError, match="a testbed cannot be called"):
            ask(name)


@pytest.mark.parametrize("name", ["", "..", "locks", "kept", "labs"])
def test_down_removes_no_folder_by_a_wrong_name(tmp_path: Path, host: Host, name: str):
    from testbed.apply.lifecycle import down

    mine = tmp_path / "home" / "notes.txt"
    below = tmp_path / "home" / "testbed"
    folders = Folders(below / "cache", below, below)
    below.mkdir(parents=True)
    mine.write_text("precious")
    with pytest.raises(StateError):
        down(host, folders, name)
    assert mine.read_text() == "precious"
    assert below.exists()


def test_the_refusal_of_a_name_says_what_is_one(folders: Folders):
    with pytest.raises(StateError) as caught:
        folders.lock("My Lab")
    assert list(caught.value.lines()) == [
        "error: a testbed cannot be called 'My Lab'",
        "  why: a name has at most 24 small letters, digits and hyphens, a letter first, "
        "and is none of: kept, labs, locks",
        " next: choose another, for example: --name lab1",
    ]


def test_keys_are_the_owners_alone(folders: Folders, host, umask: int):
    made = keys.make(folders, host.plan)
    assert mode(made.user_file.parent) == 0o700
    assert {mode(path) for path in made.user_file.parent.iterdir()} == {0o600}


def test_keys_are_made_once(folders: Folders, host):
    made = keys.make(folders, host.plan)
    assert keys.make(folders, host.plan) == made
    assert keys.read(folders, host.plan) == made


def test_every_key_is_another(folders: Folders, host):
    made = keys.make(folders, host.plan)
    publics = [made.user.public, *(pair.public for pair in made.hosts.values())]
    assert len(set(publics)) == len(host.plan.machines) + 1
    assert all(public.startswith("ssh-ed25519 ") for public in publics)
    assert made.user_file.read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


def test_a_key_whose_other_half_was_never_written_is_made_again(folders: Folders, host):
    made = keys.make(folders, host.plan)
    made.user_file.with_name("user.pub").unlink()
    assert keys.make(folders, host.plan).user != made.user


def test_keys_that_are_gone_are_told_by_machine(folders: Folders, host):
    made = keys.make(folders, host.plan)
    for name in ("node1", "sw1.pub"):
        made.user_file.with_name(name).unlink()
    with pytest.raises(TestbedError) as caught:
        keys.read(folders, host.plan)
    assert list(caught.value.lines()) == [
        "error: the keys of testbed 'lab' are gone",
        f"  why: no key for node1, sw1 in {made.user_file.parent}",
        " next: set XDG_STATE_HOME as it was when it was raised; where they are lost, nobody gets "
        "in any more: testbed down --forget --name lab, then: "
        "testbed up TOPOLOGY --name lab",
    ]


def test_asking_for_keys_that_are_not_there_makes_no_folder(folders: Folders, host):
    with pytest.raises(StateError):
        keys.read(folders, host.plan)
    assert not folders.state.exists()
