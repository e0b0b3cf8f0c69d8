"""One command at a time, and a dead one holds nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.errors import StateError

HOLD = """
import sys
from pathlib import Path
from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
here = Path(sys.argv[1])
with only_one(Folders(here / "cache", here / "data", here / "state"), "lab", "up"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folders: Folders) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    argv = [sys.executable, "-c", HOLD, str(folders.state.parent)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_told_who_was_first(folders: Folders):
    with holder(folders) as other:
        with pytest.raises(StateError) as caught, only_one(folders, "lab", "down"):
            pass
        assert list(caught.value.lines()) == [
            "error: another command is working on testbed 'lab'",
            f"  why: it is `testbed up`, process {other.pid}",
            " next: wait for it to end, then run the command again",
        ]


def test_a_killed_process_holds_nothing(folders: Folders):
    with holder(folders) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait(timeout=10)
        with only_one(folders, "lab", "up"):
            pass


def test_a_program_started_inside_does_not_keep_the_lock(folders: Folders):
    with only_one(folders, "lab", "up"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with only_one(folders, "lab", "up"):
            pass
    finally:
        child.kill()
        child.communicate()


def test_another_testbed_is_not_held_up(folders: Folders):
    with holder(folders), only_one(folders, "other", "up"):
        pass


def test_an_error_inside_lets_go(folders: Folders):
    with pytest.raises(KeyError), only_one(folders, "lab", "up"):
        raise KeyError
    with only_one(folders, "lab", "up"):
        pass


def test_a_full_disk_keeps_nobody_from_the_lock(folders: Folders):
    folders.lock("lab").symlink_to("/dev/full")
    with only_one(folders, "lab", "down"):
        pass


def test_removing_the_testbeds_own_folder_does_not_let_go(folders: Folders):
    folders.of_testbed("lab")
    with only_one(folders, "lab", "down"):
        folders.records("lab").rmdir()
        with pytest.raises(StateError), only_one(folders, "lab", "up"):
            pass
