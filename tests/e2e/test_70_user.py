"""An ordinary user without root: the same commands, the same result, and nothing shared."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from testbed.apply.folders import Folders
from testbed.image import Store

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.turn("host"),
    pytest.mark.usefixtures("alone"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user"),
]

SOURCE = Path(__file__).parents[2]
MAIN = "from testbed.cli.main import main; main()"


class User:
    """An ordinary user with a home nobody else can enter, and a copy of the program in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        subprocess.run(["useradd", "--create-home", name], check=True)
        self.home = Path("/home") / name
        self.home.chmod(0o700)
        for part in ("testbed", "images", "cloud-init", "tests/e2e/small.yaml"):
            self._copy(SOURCE / part, self.home / "source" / part)
        packages = next((SOURCE / ".venv" / "lib").glob("python*/site-packages"))
        self._copy(packages, self.home / "packages")
        self._copy_image()
        subprocess.run(["chown", "-R", f"{name}:", self.home], check=True)

    def _copy(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", source, target], check=True)

    def _copy_image(self) -> None:
        """Spare the minutes of building it again; that users build images is tested elsewhere."""
        built = Store(Folders.of_user().cache).get("base").disk.parent
        self._copy(built, self.home / ".cache" / "testbed" / "images" / built.name)

    def testbed(self, *argv: str) -> subprocess.CompletedProcess[str]:
        environment = [
            f"HOME={self.home}",
            f"PATH={os.environ['PATH']}",
            f"PYTHONPATH={self.home / 'source'}:{self.home / 'packages'}",
        ]
        python = Path(sys.executable).resolve()
        return subprocess.run(
            [
                "runuser",
                "-u",
                self.name,
                "--",
                "env",
                "-i",
                *environment,
                python,
                "-c",
                MAIN,
                *argv,
            ],
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=900,
        )

    def remove(self) -> None:
        self.testbed("down", "--all")
        deadline = time.monotonic() + 20
        while (left := self._processes()) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):  # it ended meanwhile
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        subprocess.run(["userdel", "--remove", self.name], check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def _processes(self) -> list[int]:
        """Return the idle daemons libvirt keeps for the user."""
        uid = self.home.stat().st_uid
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if entry.stat().st_uid == uid:
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def user() -> Iterator[User]:
    made = User(f"testbed{os.getpid() % 10000}")
    yield made
    made.remove()


def test_a_user_without_root_raises_and_removes_a_testbed(user: User) -> None:
    up = user.testbed("up", "source/tests/e2e/small.yaml")
    assert up.returncode == 0, up.stderr
    assert "testbed 'small' is ready" in up.stdout

    status = user.testbed("status", "--check")
    assert status.returncode == 0, status.stderr

    down = user.testbed("down")
    assert down.returncode == 0, down.stderr


def test_what_a_user_has_is_the_users_alone(user: User) -> None:
    for folder in (user.home / ".local/share/testbed", user.home / ".local/state/testbed"):
        for path in (folder, *folder.iterdir()):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
