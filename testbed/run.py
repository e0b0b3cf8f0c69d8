"""Local programs: argv in, a value out, never a shell."""

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from testbed.errors import HostError

STOPPING = (signal.SIGHUP, signal.SIGTERM)  # what stops us, beside Ctrl+C


class FellSilent(HostError):
    """A program printed nothing for so long that it was stopped."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished local program: its exit status and what it printed."""

    argv: tuple[str, ...]
    exit_status: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.exit_status == 0

    @property
    def last_line(self) -> str:
        """The last line printed, errors first: usually the reason."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return lines[-1] if lines else "it printed nothing"


def search_path() -> str:
    """Return PATH with the folders of system programs, which an ordinary user's PATH lacks."""
    return os.pathsep.join((os.environ.get("PATH") or os.defpath, "/usr/sbin", "/sbin"))


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PATH": search_path(), **(more or {})}


def run(
    argv: Sequence[str],
    *,
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
) -> Completed:
    """Run a program and return its result, whatever the exit status.

    `timeout` is in seconds; `env` adds to the environment. Raises `HostError` where the
    program is missing or does not end in time.
    """
    with _explaining(argv, timeout):
        done = subprocess.run(  # noqa: S603 - argv is ours, and there is no shell
            list(argv),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            env=_environment(env),
            cwd=cwd,
        )
    return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)


def must(
    argv: Sequence[str],
    *,
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program and return its stdout; a non-zero exit status is a `HostError`."""
    done = run(argv, timeout=timeout, env=env, stdin=stdin, cwd=cwd)
    if not done.ok:
        raise HostError(
            f"`{shlex.join(argv)}` exited with status {done.exit_status}",
            why=done.last_line,
            next_step="run: testbed doctor",
        )
    return done.stdout


def run_logged(
    argv: Sequence[str], log: Path, *, silence: float, env: Mapping[str, str] | None = None
) -> Completed:
    """Run a program with everything it prints appended to `log` as it comes, and return its result.

    Files it makes are readable by all, whatever the user's umask: programs of other users in an
    image have to read them.
    The result's stdout holds errors too, in the order they were printed. One that has printed
    nothing for `silence` seconds, or up to twice as many, is stopped. Raises `FellSilent` then,
    `HostError` where the program is missing.
    """
    with log.open("ab") as file:
        file.write(f"$ {shlex.join(argv)}\n".encode())
        file.flush()
        start = file.tell()
        with _explaining(argv, 0.0):
            process = subprocess.Popen(  # noqa: S603 - argv is ours, and there is no shell
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=_environment(env),
                umask=0o022,
            )
        status = _status(process, log, silence)
    if status is None:
        raise FellSilent(
            f"`{shlex.join(argv)}` printed nothing for {silence / 60:g} minutes",
            why="it was stopped",
            next_step=f"read {log}",
        )
    with log.open("rb") as file:
        file.seek(start)
        printed = file.read().decode(errors="replace")
    return Completed(tuple(argv), status, printed, "")


def _status(process: "subprocess.Popen[bytes]", log: Path, silence: float) -> int | None:
    """Return a program's exit status once it ends; None where its log did not grow meanwhile.

    It is killed then, and where we are stopped.
    """
    size = -1
    with process:
        try:
            while (now := log.stat().st_size) > size:
                size = now
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(silence)
        finally:
            process.kill()
    return None


def attach(argv: Sequence[str], *, env: Mapping[str, str]) -> int:
    """Run a program in our own terminal until it ends, and return its exit status.

    `env` is all of its environment. What is typed is the program's, Ctrl+C among it; what stops us
    stops it. Raises `HostError` where the program is missing.
    """
    with _explaining(argv, 0.0):
        process = subprocess.Popen(list(argv), env=dict(env))  # noqa: S603 - argv is ours
    with _handing_on(process):
        while True:
            try:
                status = process.wait()
            except KeyboardInterrupt:
                continue
            return status if status >= 0 else 128 - status  # as shells tell a signal


@contextmanager
def _handing_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """End a program with what would stop us: the terminal tells both of Ctrl+C, and of no other."""
    before = {told: signal.getsignal(told) for told in STOPPING}
    for told, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(told, lambda *_: process.terminate())
    try:
        yield
    finally:
        for told, handler in before.items():
            signal.signal(told, handler)


@dataclass(frozen=True, slots=True)
class Beside:
    """A program that runs beside us."""

    process: "subprocess.Popen[bytes]"
    errors: IO[bytes]

    def ended(self) -> str | None:
        """Return the last line it complained with, once it has ended; None while it runs."""
        if self.process.poll() is None:
            return None
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it exited with status {self.process.returncode}"


@contextmanager
def beside(argv: Sequence[str]) -> Iterator[Beside]:
    """Run a program around the block; its input is open as long as we live, and then ends.

    Keys pressed in our terminal are none of its. Raises `HostError` where it is missing.
    """
    with tempfile.TemporaryFile() as errors:
        with _explaining(argv, 0.0):
            process = subprocess.Popen(  # noqa: S603 - argv is ours, and there is no shell
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                env=_environment(None),
            )
        try:
            yield Beside(process, errors)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.terminate()
            process.wait()


@contextmanager
def _explaining(argv: Sequence[str], timeout: float) -> Iterator[None]:
    """Turn a missing program or a run that took too long into a `HostError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise HostError(
            f"the program '{argv[0]}' is not installed",
            why=str(error),
            next_step="run: testbed doctor",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise HostError(
            f"`{shlex.join(argv)}` did not end within {timeout:g} s",
            why="it was stopped",
            next_step="run: testbed doctor",
        ) from error
