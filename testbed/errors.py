"""Errors a user can act on: what happened, why, and what to type next.

Anything that is not a `TestbedError` is a bug and keeps its traceback.
"""

import errno
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HOST_IS_FULL = {errno.ENOSPC, errno.EDQUOT}  # of an OSError
HOST_REFUSES = {errno.EACCES, errno.EPERM, errno.EROFS}


class TestbedError(Exception):
    """What happened, why, and what to do next; `exit_code` is the process's exit status."""

    exit_code = 1
    __test__ = False  # the name starts with "Test"; pytest must not collect it

    def __init__(self, what: str, *, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step

    @property
    def in_one_line(self) -> str:
        """What happened and why, for what was seen inside something else."""
        return f"{self.what}: {self.why}" if self.why else self.what

    def lines(self) -> Iterator[str]:
        """Yield the message as the user sees it."""
        yield f"error: {self.what}"
        if self.why:
            yield f"  why: {self.why}"
        if self.next_step:
            yield f" next: {self.next_step}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, what, and a hint; `line` counts from 1, 0 is unknown."""

    where: str
    what: str
    hint: str = ""
    line: int = 0


def _problem_lines(problem: Problem, file: str = "") -> Iterator[str]:
    line = f"line {problem.line}" if problem.line else ""
    place = " ".join(part for part in (file, line) if part)
    yield "  " + ": ".join(part for part in (place, problem.where, problem.what) if part)
    if problem.hint:
        yield f"    hint: {problem.hint}"


class CannotWrite(TestbedError):
    """Files could not be written where the user wants them."""


class TopologyError(TestbedError):
    """A topology that cannot be built; carries every problem found, not only the first."""

    exit_code = 3

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"{source} has {count} problem{'' if count == 1 else 's'}",
            next_step=f"edit {source}, then run: testbed validate {shlex.quote(source)}",
        )

    def lines(self) -> Iterator[str]:
        yield f"error: {self.what}"
        for problem in self.problems:
            yield from _problem_lines(problem)
        yield f" next: {self.next_step}"


class HostError(TestbedError):
    """The host or its hypervisor refused, or lacks something."""

    exit_code = 4


class ImageError(TestbedError):
    """An image could not be built, downloaded or found."""

    exit_code = 4


class GuestError(TestbedError):
    """A machine could not be reached, or a command in it failed."""

    exit_code = 5


class WaitTimeout(TestbedError):
    """A goal was not reached in time; `why` is the last thing seen."""

    exit_code = 6


class StateError(TestbedError):
    """The testbed is not in the state the command needs: missing, stopped, busy."""

    exit_code = 7


@dataclass(frozen=True, slots=True)
class LabProblem(Problem):
    """One thing wrong with a file of a lab's folder."""

    file: str = "lab.yaml"


class LabError(TestbedError):
    """A lab cannot be used, started or ended; carries every problem of its folder, if any."""

    exit_code = 8

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        next_step: str = "",
        problems: Iterable[LabProblem] = (),
    ) -> None:
        super().__init__(what, why=why, next_step=next_step)
        self.problems = tuple(problems)

    def lines(self) -> Iterator[str]:
        yield f"error: {self.what}"
        if self.why:
            yield f"  why: {self.why}"
        for problem in self.problems:
            yield from _problem_lines(problem, problem.file)
        if self.next_step:
            yield f" next: {self.next_step}"


class DeployError(TestbedError):
    """A deployment stopped at a step; what was done stays, and the next run goes on from there."""

    exit_code = 9
