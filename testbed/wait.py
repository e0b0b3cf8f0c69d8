"""Waiting that says what it sees."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from testbed.errors import WaitTimeout


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation: is it what we wait for, and what did we see?"""

    ready: bool
    detail: str


def wait_until(
    goal: str,
    look: Callable[[], Seen],
    *,
    timeout: float,
    every: float = 1.0,
    next_step: str = "",
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Seen:
    """Look until the goal is reached, and return what was seen then.

    `timeout` and `every` are in seconds. There is always one look after the deadline, so a
    goal reached during the last sleep counts. Raises `WaitTimeout` with the last thing seen.
    """
    deadline = clock() + timeout
    while True:
        last_chance = clock() >= deadline
        seen = look()
        if seen.ready:
            return seen
        if last_chance:
            raise WaitTimeout(
                f"{goal}: not reached in {timeout:g} s",
                why=f"last seen: {seen.detail}",
                next_step=next_step,
            )
        sleep(every)
