"""Waiting for machines that are busy, and for ones that nobody may wait for."""

from pathlib import Path

import pytest
from lab import doors, planned

from testbed.apply import ready
from testbed.errors import GuestError
from testbed.guest import CommandTimeout, HostKeyDiffers, Result

PLAN = planned(Path("/lab"))
NODE = PLAN.machine("node1")


def after(error: GuestError) -> object:
    """A door whose first look ends in an error."""
    guest = doors(PLAN).guests["node1"]
    errors = [error]

    def answers(_: str) -> Result | None:
        if errors:
            raise errors.pop()
        return None

    guest.answers = answers
    return guest


def test_a_machine_too_busy_for_one_look_is_looked_at_again():
    busy = after(CommandTimeout("node1: it did not end within 60 s"))
    assert ready.wait_for_links(PLAN, NODE, busy)  # type: ignore[arg-type]


def test_one_that_is_another_machine_is_not():
    other = after(HostKeyDiffers("node1: another key"))
    with pytest.raises(HostKeyDiffers):
        ready.wait_for_links(PLAN, NODE, other)  # type: ignore[arg-type]
