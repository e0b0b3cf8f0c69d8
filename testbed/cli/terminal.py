"""A program in a terminal of its own, with ours passed through, so that it can be watched.

The program has our terminal's size and keys; our terminal only stops interpreting them.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

_CHUNK = 65536
_NOT_FOUND = 127  # as shells tell it


@dataclass(frozen=True, slots=True)
class Watcher:
    """What is told of a session: keys pressed, what was shown, a new width in columns."""

    keys: Callable[[bytes], None]
    shown: Callable[[bytes], None]
    resized: Callable[[int], None]


def run_watched(argv: Sequence[str], watcher: Watcher) -> int:
    """Run a program in our terminal until it ends, and return its exit status."""
    ours = sys.stdin.fileno()
    process, theirs = pty.fork()
    if process == 0:
        _become(argv)
    try:
        with _same_size(ours, theirs, watcher), _raw(ours):
            _pass_through(ours, theirs, watcher)
    finally:
        os.close(theirs)  # hangs up, where the program is still there
        _, status = os.waitpid(process, 0)
    return _exit_status(status)


def _become(argv: Sequence[str]) -> None:
    try:
        os.execvp(argv[0], list(argv))  # noqa: S606 - argv is ours, and there is no shell
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(_NOT_FOUND)


def _pass_through(ours: int, theirs: int, watcher: Watcher) -> None:
    """Carry keys to the program and what it shows to us, until it closes its terminal."""
    sources = [ours, theirs]
    while theirs in sources:
        for source in select.select(sources, [], [])[0]:
            data = _read(source)
            if not data:
                sources.remove(source)
            elif source == ours:
                watcher.keys(data)
                _write(theirs, data)
            else:
                _write(sys.stdout.fileno(), data)
                watcher.shown(data)


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError:  # a terminal whose program has ended
        return b""


def _write(target: int, data: bytes) -> None:
    with suppress(OSError):  # a terminal whose program has ended; the next read says so
        while data:
            data = data[os.write(target, data) :]


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    """Hand on every key as it is inside the block, Ctrl+C too."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)
        yield
    finally:
        with suppress(termios.error):  # it was closed
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _same_size(ours: int, theirs: int, watcher: Watcher) -> Iterator[None]:
    """Keep the program's terminal as large as ours inside the block."""

    def resize(_: int = 0, __: FrameType | None = None) -> None:
        with suppress(OSError):
            size = fcntl.ioctl(ours, termios.TIOCGWINSZ, b"\0" * 8)
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
            watcher.resized(struct.unpack("HHHH", size)[1] or 80)

    before = signal.signal(signal.SIGWINCH, resize)
    try:
        resize()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
