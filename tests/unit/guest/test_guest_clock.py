from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from testbed.errors import GuestError
from testbed.guest import (
    Command,
    ConnectionLost,
    Result,
    Script,
    Unreachable,
    clock_offset,
    stepping_clocks,
)
from testbed.guest.dialogue import Dialogue


class FakeClocks:
    """A host and a guest whose clocks differ, and a road between them that takes its time.

    `delays` are the seconds there and back of each exchange, in turn; `asked` is what the
    guest's program was asked for, in order. With `fails` it ends at that question.
    """

    name = "node1"

    def __init__(self, ahead: float, delays: list[tuple[float, float]]) -> None:
        self.time = 1_000_000.0
        self.ahead = ahead
        self.delays = delays
        self.asked: list[str] = []
        self.reachable = True
        self.answer: str | None = None
        self.fails = ""

    def now(self) -> float:
        return self.time

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        if not self.reachable:
            raise Unreachable("node1: it does not answer")
        yield cast(Dialogue, self)
        self.asked.append("end")

    def ask(self, line: str = "") -> str:
        verb, *words = line.split()
        if verb == self.fails:
            raise ConnectionLost("node1: the connection broke")
        if verb != "time":
            self.asked.append(line)
        if verb in ("step", "leap"):
            self.ahead += int(words[-2]) + int(words[-1]) / 1e6
        return self.answer or (self._tell() if verb == "time" else "done")

    def _tell(self) -> str:
        there, back = self.delays[0]
        self.delays = [*self.delays[1:], self.delays[0]]
        told = self.time + there + self.ahead
        self.time += there + back
        return f"{told:.6f}"

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        raise AssertionError("a clock is read and moved in one dialogue")


def step(*guests: FakeClocks) -> list[GuestError]:
    with stepping_clocks(guests, now=guests[0].now) as stepped:
        for guest in guests:
            guest.asked.append("block")
    return stepped.errors


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
    assert step(clocks) == []
    assert clocks.ahead == pytest.approx(0.0, abs=1e-4)


def test_what_is_told_of_a_stepped_clock_was_measured_after_the_step() -> None:
    clocks, gone = FakeClocks(7.0, [(0.002, 0.002)]), FakeClocks(7.0, [(0.0, 0.0)])
    gone.name, gone.reachable = "node2", False
    with stepping_clocks([clocks, gone], now=clocks.now) as stepped:
        assert stepped.offsets == {}
    assert stepped.offsets == {"node1": pytest.approx(0.0, abs=1e-4)}


def test_heartbeats_stand_still_from_before_the_block_until_after_the_step() -> None:
    clocks = FakeClocks(-2.5, [(0.0, 0.0)])
    step(clocks)
    assert clocks.asked == [
        "hold osd_srv_heartbt",
        "drain 6800 7568",
        "drain 6800 7568",
        "block",
        "step 2 500000",
        "release",
        "forget",
        "end",
    ]


def test_what_was_asked_is_brought_home_only_once_nobody_asks_any_more() -> None:
    one, other = FakeClocks(1.0, [(0.0, 0.0)]), FakeClocks(1.0, [(0.0, 0.0)])
    one.asked = other.asked = []
    step(one, other)
    assert [line.split()[0] for line in one.asked[:6]] == ["hold"] * 2 + ["drain"] * 4


@pytest.mark.parametrize(
    ("ahead", "moved"),
    [
        (-299.0, "step 299 0"),
        (-301.0, "leap /run/ceph/ceph-mon.*.asok 301 0"),
        (86_400.0, "leap /run/ceph/ceph-mon.*.asok -86400 0"),
    ],
)
def test_monitors_are_out_of_the_quorum_while_a_clock_is_moved_far(ahead: float, moved: str):
    clocks = FakeClocks(ahead, [(0.0, 0.0)])
    step(clocks)
    assert [line for line in clocks.asked if line.startswith(("step", "leap"))] == [moved]


@pytest.mark.parametrize("verb", ["hold", "drain", "time", "step", "release", "forget"])
def test_a_guest_lost_on_the_way_keeps_no_other_from_being_set(verb: str) -> None:
    clocks, lost = FakeClocks(7.0, [(0.0, 0.0)]), FakeClocks(7.0, [(0.0, 0.0)])
    lost.fails = verb
    assert [str(error.what) for error in step(clocks, lost)] == ["node1: the connection broke"]
    assert clocks.asked[-3:] == ["release", "forget", "end"]
    assert clocks.ahead == pytest.approx(0.0, abs=1e-4)


def test_a_guest_out_of_reach_keeps_no_other_from_being_set() -> None:
    clocks, gone = FakeClocks(7.0, [(0.0, 0.0)]), FakeClocks(7.0, [(0.0, 0.0)])
    gone.reachable = False
    assert [str(error.what) for error in step(clocks, gone)] == ["node1: it does not answer"]
    assert clocks.ahead == pytest.approx(0.0, abs=1e-4)
    assert gone.ahead == 7.0


def test_the_clocks_are_set_where_the_block_fails() -> None:
    clocks = FakeClocks(7.0, [(0.0, 0.0)])
    with (
        pytest.raises(RuntimeError, match="no room"),
        stepping_clocks([clocks], now=clocks.now),
    ):
        raise RuntimeError("no room")
    assert clocks.ahead == pytest.approx(0.0, abs=1e-4)


def test_a_guest_that_cannot_tell_the_time_is_an_error() -> None:
    clocks = FakeClocks(0.0, [(0.0, 0.0)])
    clocks.answer = "perl: not found"
    with pytest.raises(GuestError, match="node1: it cannot tell the time"):
        clock_offset(clocks, now=clocks.now)
