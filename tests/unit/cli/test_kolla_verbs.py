"""`testbed kolla`, and what `testbed up` says of OpenStack."""

from pathlib import Path

import pytest
from lab import FakeHost
from test_verbs import run

from testbed.apply import ceph, keys, raising
from testbed.apply.folders import Folders
from testbed.apply.stages import Level
from testbed.deploy.kolla import NOT_RUN
from testbed.guest import Result
from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.topology.read import read_file

AOLDA = Path(raising.__file__).parents[1] / "topologies" / "aolda.yaml"


@pytest.fixture
def cloudy(tmp_path: Path) -> Path:
    """A file with aolda and OpenStack."""
    file = tmp_path / "cloudy.yaml"
    file.write_text(AOLDA.read_text() + "\ncloud: {provider: kolla}\n")
    return file


@pytest.fixture
def made(cloudy: Path, folders: Folders) -> Plan:
    found = read_file(cloudy)
    return plan(found, name="lab", folder=folders.disks("lab"), loopback="127.77.0.1")


def test_the_files_of_a_topology_are_written_and_what_they_lack_is_told(
    cloudy: Path, tmp_path: Path
):
    folder = tmp_path / "kolla"
    result = run("kolla", "write", str(folder), str(cloudy))
    assert result.exit_code == 0, result.stderr
    first, *notes, last = result.stdout.splitlines()
    assert first == f"wrote 8 files for testbed 'aolda' to {folder}"
    assert f"note: {NOT_RUN}" in notes
    assert any("internet: false" in note for note in notes)
    assert any("not raised" in note for note in notes)
    assert last.endswith(f"README.md, then run: testbed kolla check {cloudy}")
    assert (folder / "inventory").is_file()
    assert not (folder / "ssh_config").exists()


def test_the_files_of_a_testbed_hold_its_keys_and_the_way_in(
    host: FakeHost, folders: Folders, made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    host.plan = made
    host.has_all()
    keys.make(folders, made)
    monkeypatch.setattr(ceph, "run", lambda *_: Result(0, "KEY==\n", "", 1.0))
    folder = tmp_path / "kolla"
    result = run("kolla", "write", str(folder), "--name", "lab")
    assert result.exit_code == 0, result.stderr
    assert "not raised" not in result.stdout
    assert result.stdout.splitlines()[-1].endswith("testbed kolla check --name lab")
    assert "KEY==" in (folder / "config/nova/ceph.client.cinder.keyring").read_text()
    assert "127.77.0.1" in (folder / "ssh_config").read_text()
    assert "KEY==" not in result.stdout + result.stderr


def test_a_full_folder_is_refused_before_ceph_is_asked(
    host: FakeHost, made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    host.plan = made
    host.has_all()
    asked: list[object] = []
    monkeypatch.setattr(ceph, "run", lambda *words: asked.append(words))
    (tmp_path / "mine").touch()
    result = run("kolla", "write", str(tmp_path), "--name", "lab")
    assert result.exit_code == 1
    assert "is not an empty folder" in result.stderr
    assert asked == []


def test_a_topology_without_openstack_is_refused_and_nothing_written(tmp_path: Path):
    result = run("kolla", "write", str(tmp_path / "kolla"), "aolda")
    assert result.exit_code == 7
    assert "it has no 'cloud' section" in result.stderr
    assert not (tmp_path / "kolla").exists()


@pytest.mark.parametrize("verb", [("write", "folder"), ("check",)], ids=["write", "check"])
def test_a_topology_and_a_name_are_one_too_many(verb: tuple[str, ...], cloudy: Path):
    assert run("kolla", *verb, str(cloudy), "--name", "lab").exit_code == 2


def test_what_is_out_of_reach_ends_the_check_with_4(
    cloudy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    result = run("kolla", "check", str(cloudy))
    assert result.exit_code == 4
    assert result.stderr.startswith("error: kolla-ansible is not installed\n")


@pytest.mark.parametrize(
    ("level", "told"), [(Level.STORAGE, True), (Level.NETWORK, False)], ids=["storage", "network"]
)
def test_up_ends_with_the_next_step_towards_openstack(
    host: FakeHost,
    made: Plan,
    cloudy: Path,
    monkeypatch: pytest.MonkeyPatch,
    level: Level,
    told: bool,
):
    monkeypatch.setattr("testbed.doctor.kvm.accelerator", lambda cache: "qemu")
    monkeypatch.setattr(raising, "up", lambda *_: raising.Raised(made, level, (), 12.0))
    last = run("up", str(cloudy), "--name", "lab").stdout.splitlines()[-1]
    assert ("testbed kolla write kolla-lab --name lab" in last) == told
