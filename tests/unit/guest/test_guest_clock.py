from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from testbed.errors import GuestError
from testbed.guest import Command, Result, Script, clock_offset, step_clock
from testbed.guest.dialogue import Dialogue


class FakeClocks:
    """A host and a guest whose clocks differ, and a road between them that takes its time.

    `delays` are the seconds there and back of each exchange, in turn.
    """

    name = "node1"

    def __init__(self, ahead: float, delays: list[tuple[float, float]]) -> None:
        self.time = 1_000_000.0
        self.ahead = ahead
        self.delays = delays
        self.exchanges = 0
        self.answer: str | None = None

    def now(self) -> float:
        return self.time

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        yield cast(Dialogue, self)

    def ask(self, line: str = "") -> str:
        there, back = self.delays[self.exchanges % len(self.delays)]
        self.exchanges += 1
        told = self.time + there + self.ahead
        self.time += there + back
        return self.answer or f"{told:.6f}"

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        assert isinstance(command, Command)
        assert command.sudo
        self.ahead += int(command.argv[-2]) + int(command.argv[-1]) / 1e6
        return Result(0, "", "", 0.1)


@pytest.mark.parametrize("ahead", [0.0, 12.5, -12.5, 0.030])
def test_the_offset_is_what_the_guest_is_ahead(ahead: float) -> None:
    clocks = FakeClocks(ahead, [(0.002, 0.002)])
    assert clock_offset(clocks, now=clocks.now) == pytest.approx(ahead, abs=1e-5)


def test_the_fastest_exchange_counts() -> None:
    clocks = FakeClocks(5.0, [(3.0, 0.0), (0.0, 1.0), (0.001, 0.001), (0.5, 0.0)])
    assert clock_offset(clocks, now=clocks.now) == pytest.approx(5.0, abs=1e-4)


@pytest.mark.parametrize("ahead", [12.25, -12.25, -0.75, 0.75])
def test_a_stepped_clock_is_right(ahead: float) -> None:
    clocks = FakeClocks(ahead, [(0.002, 0.002)])
    assert step_clock(clocks, now=clocks.now) == pytest.approx(0.0, abs=1e-4)
    assert clocks.ahead == pytest.approx(0.0, abs=1e-4)


def test_a_guest_that_cannot_tell_the_time_is_an_error() -> None:
    clocks = FakeClocks(0.0, [(0.0, 0.0)])
    clocks.answer = "bash: not found"
    with pytest.raises(GuestError, match="node1: it cannot tell the time"):
        clock_offset(clocks, now=clocks.now)
