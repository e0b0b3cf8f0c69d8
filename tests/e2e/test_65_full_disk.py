"""The host's disk fills up while machines write: they stand still, and lose nothing."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Cli, may_mount

from testbed.wait import Seen, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.turn("host"),
    pytest.mark.usefixtures("alone"),
    pytest.mark.skipif(not may_mount(), reason="we may not mount a small disk"),
]

NAME = "e2e-full"
MIB = 48
DATA = b"y\n" * (MIB * 2**19)
WRITE = f"yes | head -c {MIB}M > big; sync big; sha256sum < big"


class Disk:
    """A disk of the host's that can be made smaller and larger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16G", "tmpfs", folder], check=True)

    def resize(self, size: str) -> None:
        argv = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        subprocess.run(argv, check=True)

    def leave(self, mib: int) -> None:
        """Make it so small that this much is free."""
        used = sum(file.stat().st_blocks for file in self.folder.rglob("*")) * 512
        self.resize(f"{used + mib * 2**20}")

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path)
    yield made
    made.remove()


def test_machines_stand_still_on_a_full_disk_and_go_on(disk: Disk, small: Path) -> None:
    cli = Cli(disk.folder)
    try:
        cli.must("up", str(small), "--name", NAME)
        disk.leave(8)
        writing = cli.start("exec", "node1", "--name", NAME, "--", "sh", "-c", WRITE)
        wait_until("node1 standing still", lambda: _stands(cli), timeout=120)
        told = cli.must("status", "--name", NAME)
        assert "node1 stands still (a disk failed; the host's disk may be full)" in told
        assert "then run: testbed resume" in told
        disk.resize("16G")
        cli.must("resume", "--name", NAME)
        out, err = writing.communicate(timeout=300)
        assert writing.returncode == 0, err
        assert out.split()[0] == hashlib.sha256(DATA).hexdigest()
        looked = cli.run("status", "--check", "--name", NAME)
        assert looked.returncode == 0, looked.stdout + looked.stderr
    finally:
        cli.run("down", "--forget", "--name", NAME)


def _stands(cli: Cli) -> Seen:
    machines = cli.json("status", "--name", NAME)[0]["machines"]
    states = {machine["name"]: machine["state"] for machine in machines}
    return Seen(states["node1"] == "paused", f"node1 is {states['node1']}")
