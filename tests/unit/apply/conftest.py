from pathlib import Path

import pytest
from lab import FakeHost, planned

from testbed.apply.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")


@pytest.fixture
def host(tmp_path: Path, folders: Folders) -> FakeHost:
    logs = tmp_path / "console"
    logs.mkdir()
    return FakeHost(planned(folders.disks("lab")), logs)
