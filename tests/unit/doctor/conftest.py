import os
from collections.abc import Callable
from pathlib import Path

import pytest

FakeProgram = Callable[[str, str], None]


@pytest.fixture
def fake_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProgram:
    """Put shell scripts on PATH in front of the programs of those names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def write(name: str, body: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)

    return write


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make PATH a folder with nothing in it."""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
