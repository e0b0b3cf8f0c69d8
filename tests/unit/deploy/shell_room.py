"""A shell for a guest's scripts, in a folder that stands for the guest's whole file system."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from testbed.guest import Command, Script

# A script finds these and what a test lets it find, and no program of this computer's besides.
_REAL = ("cat", "chmod", "grep", "ln", "mkdir", "readlink", "rm", "sed", "touch")
_OURS = re.compile(r"(?<![\w/])/(?=(?:dev/disk|etc|run|var)/)")
SYSTEMCTL = """verb=$1; shift
for unit; do
    case $unit in -*) ;; *) [ "$verb" = show ] && echo active || echo enabled ;; esac
done"""


@dataclass(frozen=True)
class Room:
    """Scripts see `root` as the guest's files; each fake program's call is a line of `said`."""

    root: Path

    def __post_init__(self) -> None:
        self._programs.mkdir(parents=True)
        for name in _REAL:
            (self._programs / name).symlink_to(str(shutil.which(name)))
        for folder in ("dev/disk/by-id", "etc", "run", "var/lib"):
            (self.root / folder).mkdir(parents=True)

    @property
    def _programs(self) -> Path:
        return self.root / "programs"

    @property
    def said(self) -> list[str]:
        log = self.root / "said"
        return log.read_text().splitlines() if log.exists() else []

    def say(self, name: str, text: str = "") -> None:
        """Let scripts find a program of that name; it does what the shell's lines do."""
        program = self._programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.root}/said\n{text}\n')
        program.chmod(0o755)

    def put(self, *paths: str, text: str = "") -> None:
        for path in paths:
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def run(self, script: Script | Command) -> subprocess.CompletedProcess[str]:
        assert isinstance(script, Script)
        return subprocess.run(
            ["/bin/sh", "-euc", _OURS.sub(f"{self.root}/", script.text)],
            env={"PATH": str(self._programs), "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8")},
            capture_output=True,
            text=True,
            timeout=60,
        )
