from pathlib import Path

import pytest
from lab import FakeHost, planned

from testbed.apply import budget
from testbed.apply.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")


@pytest.fixture(autouse=True)
def roomy_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake host has room for every topology, however full the disk of the real one is."""
    monkeypatch.setattr(
        budget,
        "free",
        lambda facts, _: budget.Budget(facts.memory_free_mib, 500 * 1024, facts.cpus),
    )


@pytest.fixture
def host(tmp_path: Path, folders: Folders) -> FakeHost:
    logs = tmp_path / "console"
    logs.mkdir()
    return FakeHost(planned(folders.disks("lab")), logs)
