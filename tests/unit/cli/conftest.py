import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "apply"))  # the fake host is shared

from lab import FakeHost, observed, planned

from testbed.apply.folders import Folders
from testbed.host import Host


class OpenedHost(FakeHost):
    """A fake host that can be opened as the real one is."""

    def __enter__(self) -> "OpenedHost":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """The user's own folders, somewhere else."""
    for name in ("CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return Folders.of_user()


@pytest.fixture
def host(tmp_path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> OpenedHost:
    """What `Host.open` gives; nothing exists on it yet."""
    logs = tmp_path / "console"
    logs.mkdir()
    opened = OpenedHost(planned(folders.disks("lab")), logs)
    monkeypatch.setattr(Host, "open", lambda uri: opened)
    return opened


@pytest.fixture
def two(host: OpenedHost) -> OpenedHost:
    """The host with testbed lab, whole, and one machine of testbed other."""
    host.has_all()
    node1 = host.plan.machine("node1")
    host.has(observed(host.plan, node1, testbed="other", domain="testbed-other-node1"))
    return host
