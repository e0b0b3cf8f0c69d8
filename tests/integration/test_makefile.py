"""What make and the set-up do with the computer they are on."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    outside = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(argv, cwd=ROOT, env={**outside, **env}, text=True, capture_output=True)


def would_run(target: str, *given: str, **env: str) -> str:
    told = run("make", "--dry-run", "--no-print-directory", target, *given, **env)
    assert told.returncode == 0, told.stderr
    return told.stdout.splitlines()[-1].strip()


def test_a_testbed_is_named_on_the_command_line_alone():
    raised = ".venv/bin/testbed up aolda --name mine"
    assert would_run("up", "TOPOLOGY=aolda", "NAME=mine") == raised
    assert would_run("down", "NAME=mine") == ".venv/bin/testbed down --name mine"
    for target in ("up", "down"):
        assert "--name" not in would_run(target, NAME="DESKTOP-1CCJ17A1")  # as in WSL


def test_another_processor_is_refused_before_anything_is_installed(tmp_path: Path):
    (tmp_path / "uname").write_text("#!/bin/sh\necho aarch64\n")
    (tmp_path / "uname").chmod(0o755)
    told = run("sh", ".ci/set-up", "packages", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert told.returncode == 4
    assert "must this computer be: it is aarch64" in told.stderr
