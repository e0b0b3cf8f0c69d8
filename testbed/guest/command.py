"""Commands are data, results are values."""

import math
import shlex
from dataclasses import dataclass
from typing import Protocol

from testbed.errors import GuestError

HIDDEN = "***"
_GRACE = 1  # seconds between our deadline and the guest's own
_SHOWN = 100  # characters of a script: enough to know it by


@dataclass(frozen=True, slots=True)
class Command:
    """One program and its arguments; `secrets` are hidden wherever the command is shown."""

    argv: tuple[str, ...]
    sudo: bool = False
    secrets: tuple[str, ...] = ()

    def shell(self, seconds: int) -> str:
        """Return the line for the guest's shell, quoted once, secrets included.

        The guest itself stops the command, and all it started, after so many seconds.
        """
        return shlex.join((*_sudo(self.sudo), *_stopped_after(seconds), *self.argv))

    def __str__(self) -> str:
        return hide(shlex.join((*_sudo(self.sudo), *self.argv)), self.secrets)

    def __repr__(self) -> str:
        return f"Command({str(self)!r})"


@dataclass(frozen=True, slots=True)
class Script:
    """Several lines for a POSIX shell, stopped at the first that fails."""

    text: str
    sudo: bool = False
    secrets: tuple[str, ...] = ()

    def shell(self, seconds: int) -> str:
        """Return the line for the guest's shell, secrets included; stopped as a command is."""
        words = ("sh", "-euc", self.text)
        return shlex.join((*_sudo(self.sudo), *_stopped_after(seconds), *words))

    def __str__(self) -> str:
        text = hide(self.text, self.secrets).strip()
        known = text.partition("\n")[0][:_SHOWN].rstrip()
        return text if known == text else f"{known} …"

    def __repr__(self) -> str:
        return f"Script({str(self)!r})"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished command: its exit status, what it printed, how many seconds it took."""

    exit_status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.exit_status == 0

    @property
    def last_line(self) -> str:
        """The last line printed, errors first: usually the reason."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return lines[-1] if lines else "it printed nothing"


class Guest(Protocol):
    """The operating system inside one machine."""

    @property
    def name(self) -> str:
        """The machine's name."""

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        """Return the command's result, whatever its exit status; `timeout` is in seconds.

        Raises `GuestError` where the guest cannot be reached or the command does not end.
        """


def line_for(command: Command | Script, timeout: float) -> str:
    """Return the line for the guest's shell; the guest stops it just after `timeout` seconds.

    The shell outlives the command and tells its end as a status, a signal's too.
    """
    return f"{command.shell(math.ceil(timeout) + _GRACE)}; exit $?"


def must(
    guest: Guest, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
) -> str:
    """Run the command and return its stdout; a non-zero exit status is a `GuestError`."""
    result = guest.run(command, timeout=timeout, stdin=stdin)
    if not result.ok:
        raise GuestError(
            f"{guest.name}: `{command}` exited with status {result.exit_status}",
            why=hide(result.last_line, command.secrets),
            next_step=f"look around with: testbed ssh {guest.name}",
        )
    return result.stdout


def hide(text: str, secrets: tuple[str, ...]) -> str:
    """Return the text with every secret replaced, also where the shell's quoting changed it."""
    forms = {form for secret in secrets if secret for form in (secret, shlex.quote(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _sudo(wanted: bool) -> tuple[str, ...]:
    return ("sudo", "-n", "--") if wanted else ()


def _stopped_after(seconds: int) -> tuple[str, ...]:
    """Put the watchman inside sudo: outside he could not stop what runs as root."""
    return ("timeout", "-k", "5", str(seconds))
