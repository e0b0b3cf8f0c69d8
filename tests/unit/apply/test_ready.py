"""Waiting for machines that are busy, and for ones that nobody may wait for."""

from pathlib import Path

import pytest
from lab import FakeSession, doors, planned

from testbed.apply import ready
from testbed.apply.session import Session
from testbed.errors import GuestError
from testbed.guest import CommandTimeout, HostKeyDiffers, Result
from testbed.probe.verdict import Verdict, failing

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


def wait_until_steady(session: FakeSession) -> tuple[Verdict, ...]:
    doors: Session = session  # type: ignore[assignment]
    return ready.wait_until_steady(PLAN, doors, ready.check(PLAN, doors))


def test_only_what_did_not_hold_is_looked_at_again():
    session = doors(PLAN)
    node = session.guests["node1"]
    node.answers = lambda _: None if len(node.heard) > 2 else Result(0, "=== answers\n", "", 0.1)
    seen = wait_until_steady(session)
    assert {name: len(guest.heard) for name, guest in session.guests.items()} == {
        name: 3 if name == "node1" else 1 for name in session.guests
    }
    everything = ready.check(PLAN, session)  # type: ignore[arg-type]
    assert sorted((v.machine, v.probe) for v in seen) == sorted(
        (v.machine, v.probe) for v in everything
    )
    assert not list(failing(seen))


def clocks(session: FakeSession) -> list[float]:
    return [guest.clock.ahead for guest in session.guests.values()]


def test_clocks_that_went_away_from_the_hosts_together_are_left_alone():
    session = doors(PLAN)
    for guest in session.guests.values():
        guest.clock.ahead = 0.3
    wait_until_steady(session)
    assert clocks(session) == [0.3] * 6


def test_where_one_clock_is_away_from_the_others_all_are_set():
    """Set alone to the host's it would be away from them once more."""
    session = doors(PLAN)
    for guest in session.guests.values():
        guest.clock.ahead = 0.3
    session.guests["node2"].clock.ahead = 0.4
    wait_until_steady(session)
    assert clocks(session) == pytest.approx([0.0] * 6, abs=0.01)
