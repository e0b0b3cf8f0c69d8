"""A run of the tests on real machines in which none was run is no run that passed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

E2E = Path(__file__).parents[1] / "e2e"
CONFTEST = f"""
import importlib.util, sys
from pathlib import Path
sys.path.append({str(E2E)!r})
spec = importlib.util.spec_from_file_location("of_e2e", {str(E2E / "conftest.py")!r})
ours = sys.modules["of_e2e"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(ours)
ours.HERE = Path(__file__).parent
pytest_collection_modifyitems = ours.pytest_collection_modifyitems
pytest_runtest_setup = ours.pytest_runtest_setup
pytest_runtest_makereport = ours.pytest_runtest_makereport
pytest_sessionfinish = ours.pytest_sessionfinish
"""
TESTS = """
import pytest
@pytest.mark.minutes({minutes})
def test_one(): pass
@pytest.mark.minutes(1000)
def test_other(): pass
@pytest.mark.minutes(1)
def test_that_finds_no_time_itself(): pytest.skip("no time is left")
"""


def run(folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_machines.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = minutes(n): as it takes\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(folder)],
        env={**os.environ, "TESTBED_E2E_MINUTES": "60"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(("minutes", "status"), [(1, 0), (1000, 1)], ids=["one ran", "none ran"])
def test_no_time_left_may_leave_out_all_but_one(tmp_path: Path, minutes: int, status: int):
    done = run(tmp_path, TESTS.format(minutes=minutes))
    assert done.returncode == status, done.stdout
    assert ("none of the tests on real machines was run" in done.stdout) == bool(status)


def test_a_list_of_the_tests_is_no_run(tmp_path: Path):
    assert run(tmp_path, TESTS.format(minutes=1), "--collect-only").returncode == 0


def test_whatever_heeds_no_minutes_comes_first(tmp_path: Path):
    ours, others = tmp_path / "e2e", tmp_path / "others"
    for folder in (ours, others):
        folder.mkdir()
    (others / "test_others.py").write_text("def test_other(): pass\n")
    (tmp_path / "conftest.py").write_text(
        CONFTEST.replace("__file__).parent", "__file__).parent / 'e2e'")
    )
    (ours / "test_machines.py").write_text("def test_one(): pass\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "--collect-only",
            "-q",
            str(tmp_path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert [line.rpartition("::")[2] for line in done.stdout.splitlines()[:2]] == [
        "test_other",
        "test_one",
    ]


def test_a_users_own_testbed_does_not_sleep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(E2E)
    spec = importlib.util.spec_from_file_location("of_e2e", E2E / "conftest.py")
    assert spec and spec.loader
    of_e2e = sys.modules["of_e2e"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(of_e2e)
    asked: list[tuple[str, ...]] = []

    class Cli(of_e2e.Cli):
        def json(self, *argv: str) -> object:
            return [{"name": "e2e-ours"}, {"name": "mine"}, {"name": "e2e-awake"}]

        def must(self, *argv: str, timeout: float = 0) -> str:
            asked.append(argv)
            return ""

    cli = Cli(tmp_path)
    for name in ("e2e-ours", "e2e-awake"):
        cli.state(name).mkdir(parents=True)
    cli.let_all_sleep(but="e2e-awake")
    assert asked == [("suspend", "--name", "e2e-ours")]
