"""What the verbs say of testbeds that `down` kept."""

import json

import pytest
from lab import FakeHost
from typer.testing import CliRunner

from testbed.apply import kept
from testbed.apply.folders import Folders
from testbed.apply.kept import Kept


def run(*arguments: str) -> str:
    from testbed.cli.main import app

    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def keep(folders: Folders, name: str = "lab", topology: str = "aolda-flat") -> Kept:
    made = Kept(name, topology, ("network", "storage"), {"QEMU": "10.0.2"}, ("f" * 64,), ())
    kept.disks(folders, name).mkdir(parents=True)
    kept.draft(folders, made)
    kept.publish(folders, name)
    return made


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "bytes_on_disk", lambda *_: int(9.3 * 2**30))


LINE = (
    "kept: lab, stage storage, 9.3 GiB; testbed up --name lab restores it, "
    "if nothing has changed; see first: testbed up --name lab --dry-run\n"
)
HINT = "delete it with: testbed down --forget --name lab\n"


@pytest.mark.parametrize("arguments", [["status"], ["status", "--name", "lab"]])
def test_status_shows_it_where_it_does_not_exist(host: FakeHost, folders: Folders, arguments):
    keep(folders)
    assert run(*arguments) == LINE


def test_status_of_one_that_exists_again_shows_machines(host: FakeHost, folders: Folders):
    keep(folders)
    host.has_all()
    assert "kept:" not in run("status")


def test_scripts_get_only_what_exists(host: FakeHost, folders: Folders):
    keep(folders)
    assert json.loads(run("status", "--json")) == []


def test_down_of_one_says_how_to_delete_it(host: FakeHost, folders: Folders):
    keep(folders)
    assert run("down", "--name", "lab") == LINE + HINT
    assert run("down") == "there is no testbed; nothing to do\n" + LINE + HINT
    assert kept.find(folders, "lab")


@pytest.mark.parametrize("which", [["--name", "lab"], [], ["--all"]])
def test_down_forget_deletes_it(host: FakeHost, folders: Folders, which):
    keep(folders)
    assert run("down", "--forget", *which) == "testbed 'lab' is gone (0 machines)\n"
    assert not folders.kept("lab").exists()


def test_down_forget_does_not_choose_between_two(host: FakeHost, folders: Folders):
    from testbed.cli.main import app

    keep(folders)
    keep(folders, "other")
    result = CliRunner().invoke(app, ["down", "--forget"])
    assert result.exit_code == 7
    assert kept.names_of_whole(folders) == ("lab", "other")


def test_one_that_another_version_kept_is_in_nobodys_way(host: FakeHost, folders: Folders):
    keep(folders)
    keep(folders, "other")
    manifest = folders.kept("lab") / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    first, second = run("status").splitlines()
    assert first.startswith("kept: lab; what is kept in ")
    assert first.endswith("or delete it: testbed down --forget --name lab")
    assert second == LINE.strip().replace("lab", "other")
    assert run("down").count("kept: ") == 2
    assert run("down", "--forget", "--name", "lab") == "testbed 'lab' is gone (0 machines)\n"
    assert run("down", "--forget") == "testbed 'other' is gone (0 machines)\n"


@pytest.mark.parametrize("arguments", [[], ["--name", "lab"]])
def test_nothing_that_is_up_is_no_good_news(host: FakeHost, folders: Folders, arguments):
    from testbed.cli.main import app

    def check() -> tuple[int, str]:
        result = CliRunner().invoke(app, ["status", "--check", *arguments])
        return result.exit_code, result.stderr

    assert check()[0] == 7
    keep(folders)
    told = "error: there is nothing to look into: lab is down and kept\n"
    assert check() == (7, f"{told} next: restore it: testbed up --name lab\n")


def test_down_all_keeps_what_is_kept(host: FakeHost, folders: Folders):
    keep(folders)
    run("down", "--all")
    assert kept.find(folders, "lab")


def test_images_of_kept_disks_are_not_pruned(host: FakeHost, folders: Folders):
    from testbed.cli.image import _images_in_use

    keep(folders)
    assert _images_in_use() == {"f" * 64}
