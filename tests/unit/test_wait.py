"""Waiting says what it sees; time is a parameter, so nothing here takes any."""

from collections.abc import Callable, Iterable

import pytest

from testbed.errors import GuestError, WaitTimeout
from testbed.wait import Seen, wait_until


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def looking(details: Iterable[str]) -> Callable[[], Seen]:
    """See one detail after the other; 'up' is what we wait for."""
    each = iter(details)

    def look() -> Seen:
        detail = next(each)
        return Seen(detail == "up", detail)

    return look


def wait(look: Callable[[], Seen], time: Time, **options: float) -> Seen:
    settings = {"timeout": 10.0, "every": 2.0} | options
    return wait_until(
        "node1: SSH",
        look,
        next_step="run: testbed console node1",
        clock=time.clock,
        sleep=time.sleep,
        **settings,
    )


def test_a_goal_that_is_reached_already_costs_no_time():
    time = Time()
    assert wait(looking(["up"]), time) == Seen(True, "up")
    assert time.slept == []


def test_a_goal_is_looked_for_until_it_is_reached():
    time = Time()
    assert wait(looking(["down", "down", "up"]), time).ready
    assert time.slept == [2.0, 2.0]


def test_there_is_one_look_after_the_deadline():
    assert wait(looking(["down", "up"]), Time(), timeout=1.0, every=5.0).ready


def test_no_time_at_all_is_still_one_look():
    assert wait(looking(["up"]), Time(), timeout=0.0).ready
    with pytest.raises(WaitTimeout):
        wait(looking(["down"]), Time(), timeout=0.0)


def test_a_goal_that_is_not_reached_is_told_with_the_last_thing_seen():
    with pytest.raises(WaitTimeout) as caught:
        wait(looking(["no carrier"] * 5 + ["no answer"]), Time())
    assert list(caught.value.lines()) == [
        "error: node1: SSH: not reached in 10 s",
        "  why: last seen: no answer",
        " next: run: testbed console node1",
    ]
    assert caught.value.exit_code == 6


def test_a_look_that_knows_waiting_is_pointless_ends_it_at_once():
    time = Time()

    def look() -> Seen:
        raise GuestError("node1 stopped")

    with pytest.raises(GuestError, match="node1 stopped"):
        wait(look, time)
    assert time.slept == []
