from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from testbed.errors import GuestError
from testbed.guest import Command, Result, Script, Unreachable, clock_offset, stepping_clocks
from testbed.guest.dialogue import Dialogue


class FakeClocks:
    """A host and a guest whose clocks differ, and a road between them that takes its time.

    `delays` are the seconds there and back of each exchange, in turn; `asked` is what the
    guest's program was asked for, in order.
    """

    name = "node1"

    def __init__(self, ahead: float, delays: list[tuple[float, float]], held: int = 0) -> None:
        self.time = 1_000_000.0
        self.ahead = ahead
        self.delays = delays
        self.held = held
        self.asked: list[str] = []
        self.reachable = True
        self.answer: str | None = None

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.asked.append(f"sleep {seconds:g}")

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        if not self.reachable:
            raise Unreachable("node1: it does not answer")
        yield cast(Dialogue, self)
        self.asked.append("end")

    def ask(self, line: str = "") -> str:
        verb, *words = line.split()
        if verb != "time":
            self.asked.append(line)
        if verb == "hold":
            return str(self.held)
        if verb in ("step", "leap"):
            self.ahead += int(words[-2]) + int(words[-1]) / 1e6
        if verb in ("step", "leap", "release"):
            return "done"
        return self.answer or self._tell()

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
    with stepping_clocks(guests, now=guests[0].now, sleep=guests[0].sleep) as stepped:
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
    with stepping_clocks([clocks, gone], now=clocks.now, sleep=clocks.sleep) as stepped:
        assert stepped.offsets == {}
    assert stepped.offsets == {"node1": pytest.approx(0.0, abs=1e-4)}


def test_heartbeats_stand_still_from_before_the_block_until_after_the_step() -> None:
    clocks = FakeClocks(-2.5, [(0.0, 0.0)], held=1)
    step(clocks)
    assert clocks.asked == [
        "hold osd_srv_heartbt",
        "sleep 2",
        "block",
        "step 2 500000",
        "release",
        "end",
    ]


def test_nobody_waits_for_answers_where_nothing_was_held() -> None:
    clocks = FakeClocks(-2.5, [(0.0, 0.0)], held=0)
    step(clocks)
    assert not [line for line in clocks.asked if line.startswith("sleep")]


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
        stepping_clocks([clocks], now=clocks.now, sleep=clocks.sleep),
    ):
        raise RuntimeError("no room")
    assert clocks.ahead == pytest.approx(0.0, abs=1e-4)


def test_a_guest_that_cannot_tell_the_time_is_an_error() -> None:
    clocks = FakeClocks(0.0, [(0.0, 0.0)])
    clocks.answer = "perl: not found"
    with pytest.raises(GuestError, match="node1: it cannot tell the time"):
        clock_offset(clocks, now=clocks.now)
