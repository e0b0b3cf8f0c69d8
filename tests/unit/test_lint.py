"""Style and types are tests like any other."""

import sys
from pathlib import Path

import pytest

from testbed.run import run

ROOT = Path(__file__).parents[2]
CHECKS = {
    "style": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy", "--strict", "-p", "testbed"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_checker_has_nothing_to_say(name):
    done = run([sys.executable, "-m", *CHECKS[name]], timeout=300, cwd=ROOT)
    assert done.ok, done.stdout + done.stderr
