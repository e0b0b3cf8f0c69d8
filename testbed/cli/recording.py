"""What is typed while a learner's attempt is going on is recorded, for the debrief.

Without an attempt nothing is recorded, and nothing is different.
"""

import shlex
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.cli.terminal import Watcher
    from testbed.lab.attempt import Attempt

MOST = 1000  # commands of one session


def going(folders: "Folders", testbed: str) -> "Attempt | None":
    """Return the attempt a learner is at, or None."""
    from testbed.lab import attempt

    found = attempt.find(folders, testbed)
    return found if found is not None and found.phase is attempt.Phase.LIVE else None


def note(folders: "Folders", testbed: str, words: Sequence[str], machine: str = "") -> None:
    """Record a command given on our command line, where an attempt is going on.

    A disk that is full keeps nobody from working.
    """
    if going(folders, testbed) is not None:
        from testbed.lab.typed import kept

        _record(folders, testbed, kept(shlex.join(words)), machine)


def _record(folders: "Folders", testbed: str, command: str, machine: str) -> None:
    from testbed.lab import timeline

    with suppress(OSError):
        timeline.record(folders, testbed, "command", command=command, machine=machine)


def at_terminal() -> bool:
    """Return whether somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def watched(argv: Sequence[str], folders: "Folders", testbed: str, machine: str) -> int | None:
    """Run a login with its commands recorded, and return its exit status.

    None where there is nothing to record: no attempt is going on, or nobody sits at a terminal.
    """
    found = going(folders, testbed)
    if found is None or not at_terminal():
        return None
    from testbed.cli.terminal import run_watched

    return run_watched(argv, _Recorder(folders, testbed, machine, found.locale).watcher())


@dataclass
class _Recorder:
    """Records what is typed in one session, up to a limit."""

    folders: "Folders"
    testbed: str
    machine: str
    locale: str
    left: int = field(default_factory=lambda: MOST)

    def watcher(self) -> "Watcher":
        """Return what a terminal tells of the session to."""
        from testbed.cli.terminal import Watcher
        from testbed.lab.attempt import folder
        from testbed.lab.screen import Screen
        from testbed.lab.typed import Typed

        self._tell("ui.record.told", path=str(folder(self.folders, self.testbed)))
        screen = Screen()
        typed = Typed(screen)

        def resized(columns: int) -> None:
            screen.columns = columns

        return Watcher(typed.keys, lambda printed: self._keep(typed.shown(printed)), resized)

    def _keep(self, commands: Iterable[str]) -> None:
        for command in commands:
            if self.left > 0:
                _record(self.folders, self.testbed, command, self.machine)
            elif self.left == 0:
                self._tell("ui.record.full", end="\r\n")
            self.left -= 1

    def _tell(self, key: str, /, end: str = "\n", **values: str) -> None:
        from testbed.lab.format import Locale
        from testbed.lab.words import Said, say

        sentence = say(Said(key, values), Locale(self.locale))
        typer.echo(f"{sentence}{end}", nl=False, err=True)
