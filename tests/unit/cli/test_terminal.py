"""A program in a watched terminal: keys go in, what it shows comes out, its size is ours."""

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from testbed.cli.terminal import Watcher, run_watched


@dataclass
class Seat:
    """A terminal with nobody at it: what is typed is prepared, what is shown is kept."""

    keyboard: int
    screen: int
    shown: bytearray = field(default_factory=bytearray)

    def watch(self) -> threading.Thread:
        def read() -> None:
            while True:
                try:
                    data = os.read(self.keyboard, 4096)
                except OSError:
                    return
                if not data:
                    return
                self.shown.extend(data)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return reader


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 97, 0, 0))
    terminal = os.fdopen(slave, "r+b", buffering=0)
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("sys.stdout", terminal)
    seat = Seat(master, slave)
    seat.watch()
    yield seat
    terminal.close()
    os.close(master)


@dataclass
class Seen:
    pressed: bytearray = field(default_factory=bytearray)
    shown: bytearray = field(default_factory=bytearray)
    columns: list[int] = field(default_factory=list)

    def watcher(self) -> Watcher:
        return Watcher(self.pressed.extend, self.shown.extend, self.columns.append)


def test_keys_reach_the_program_and_what_it_shows_is_seen(seat: Seat):
    seen = Seen()
    os.write(seat.keyboard, b"hello\n")
    script = 'read x; echo "got $x"; stty size; exit 3'
    assert run_watched(["sh", "-c", script], seen.watcher()) == 3
    assert b"hello" in seen.pressed
    assert b"got hello" in seen.shown
    assert b"30 97" in seen.shown
    assert seen.columns == [97]


def test_what_is_not_echoed_is_not_seen(seat: Seat):
    seen = Seen()
    script = "stty -echo; echo ready; read x; echo done"
    waiting = Watcher(
        seen.pressed.extend,
        lambda data: (
            os.write(seat.keyboard, b"hunter2\n") and None
            if b"ready" in data
            else seen.shown.extend(data)
        ),
        seen.columns.append,
    )
    assert run_watched(["sh", "-c", script], waiting) == 0
    assert b"done" in seen.shown
    assert b"hunter2" not in seen.shown


def test_our_terminal_is_afterwards_as_it_was(seat: Seat):
    before = termios.tcgetattr(seat.screen)
    run_watched(["true"], Seen().watcher())
    assert termios.tcgetattr(seat.screen) == before


def test_a_program_that_is_not_there_is_told_as_shells_do(seat: Seat):
    seen = Seen()
    assert run_watched(["no-such-program"], seen.watcher()) == 127
    assert b"no-such-program: No such file or directory" in seen.shown


def test_a_program_that_was_killed_is_told_as_shells_do(seat: Seat):
    assert run_watched(["sh", "-c", "kill -9 $$"], Seen().watcher()) == 137
