"""One unit of deployment, taken on one machine."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from testbed.errors import DeployError, GuestError
from testbed.guest import Command, Script, TalkingGuest, must

Guests = Mapping[str, TalkingGuest]  # by machine name
Timing = Callable[[str, str], AbstractContextManager[None]]  # told a machine and a step's name


@dataclass(frozen=True, slots=True)
class Step:
    """What is run where; `timeout` is in seconds, `stdin` is never shown."""

    name: str
    machine: str
    command: Command | Script
    timeout: float = 120.0
    stdin: bytes = field(default=b"", repr=False)


def take(guests: Guests, step: Step) -> str:
    """Take the step and return what it printed; raises `DeployError` that names all of it."""
    try:
        return must(guests[step.machine], step.command, timeout=step.timeout, stdin=step.stdin)
    except GuestError as error:
        raise DeployError(
            f"step '{step.name}' failed on {step.machine}: {error.what}",
            why=f"{error.why}; nothing after this step was run" if error.why else "",
            next_step=error.next_step,
        ) from error
