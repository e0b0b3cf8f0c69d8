"""The guest's clock against the host's."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from threading import Barrier, Event, Thread

from testbed.errors import GuestError
from testbed.guest.command import Command, Guest
from testbed.guest.dialogue import Dialogue, TalkingGuest
from testbed.together import side_by_side

_EXCHANGES = 8
_TIMEOUT = 180.0  # seconds; a checkpoint is taken in the meantime
# Ceph's OSDs take the round trip of a heartbeat by the wall clock, so one that is on its way when
# the clock is stepped is reported as that much too slow, for a quarter of an hour.
_TIMED_BY_THE_CLOCK = "osd_srv_heartbt"
_PORTS = "6800 7568"  # ms_bind_port_min and ms_bind_port_max, as Ceph has them
# Ceph's leading monitor believes OSDs dead which it last heard of 900 s ago by the wall clock, but
# not in its first 900 s of leading; OSDs make themselves heard every 300 s.
_LONG = 300.0  # seconds
_MONITORS = "/run/ceph/ceph-mon.*.asok"


def clock_offset(guest: TalkingGuest, *, now: Callable[[], float] = time.time) -> float:
    """Return how many seconds the guest's clock is ahead of the host's; negative is behind."""
    with _clock(guest, now) as clock:
        return clock.offset()


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of the clocks: how far each is ahead of the host's now, and who was not set."""

    offsets: dict[str, float] = field(default_factory=dict)  # seconds, by guest
    errors: list[GuestError] = field(default_factory=list)


def step_clocks(
    guests: Collection[TalkingGuest], *, now: Callable[[], float] = time.time
) -> Mapping[str, float]:
    """Set the guests' clocks to `now`, the host's, all in the same moment, each in one step.

    Returns how many seconds each is ahead of it afterwards. Raises the first `GuestError` once
    the others are set.
    """
    with stepping_clocks(guests, now=now) as stepped:
        pass
    for error in stepped.errors:
        raise error
    return stepped.offsets


@contextmanager
def stepping_clocks(
    guests: Collection[TalkingGuest], *, now: Callable[[], float] = time.time
) -> Iterator[Stepped]:
    """Step the clocks after the block; while it runs, nothing timed by them is on its way.

    What is yielded is filled once the block is over.
    """
    stepped, bugs = Stepped(), list[BaseException]()
    together, go = Barrier(len(guests) + 1), Event()

    def step(guest: TalkingGuest) -> None:
        meetings = iter([together.wait] * len(_TO_STAND_STILL))
        try:
            with _clock(guest, now, sudo=True) as clock:
                for act in _TO_STAND_STILL:
                    act(clock)
                    next(meetings)()
                go.wait()
                clock.step()
                stepped.offsets[guest.name] = clock.offset()
        except GuestError as error:
            stepped.errors.append(error)
        finally:
            for meet in meetings:  # who fails does not keep the others waiting
                meet()

    # An interrupt while they gather waits for none of them: their threads end with the process.
    gathering = Thread(target=_gather, args=(guests, step, bugs), daemon=True)
    gathering.start()
    _meet(together, go)
    try:
        yield stepped
    finally:
        go.set()
        gathering.join()
    for bug in bugs:
        raise bug


def _meet(together: Barrier, go: Event) -> None:
    """Return once all stand still; where we are interrupted, nobody waits for us."""
    try:
        for _ in _TO_STAND_STILL:
            together.wait()
    except BaseException:
        together.abort()
        go.set()
        raise


def _gather(
    guests: Collection[TalkingGuest],
    step: Callable[[TalkingGuest], None],
    bugs: list[BaseException],
) -> None:
    try:
        side_by_side(guests, step)
    except BaseException as error:  # raised by the thread that asked
        bugs.append(error)


@dataclass(frozen=True, slots=True)
class _Clock:
    """A guest's clock, and the program in the guest that reads and moves it."""

    guest: Guest
    program: Dialogue
    now: Callable[[], float]

    def offset(self) -> float:
        """Of several exchanges the fastest counts: its answer was least on the way."""
        found = []
        for _ in range(_EXCHANGES):
            asked = self.now()
            told = self._seconds(self.program.ask("time"))
            answered = self.now()
            found.append((answered - asked, told - (asked + answered) / 2))
        return min(found)[1]

    def hold(self) -> None:
        self.program.ask(f"hold {_TIMED_BY_THE_CLOCK}")

    def drain(self) -> None:
        self.program.ask(f"drain {_PORTS}")

    def step(self) -> None:
        distance = -self.offset()
        seconds, microseconds = divmod(round(distance * 1e6), 1_000_000)
        verb = f"leap {_MONITORS}" if abs(distance) > _LONG else "step"
        self.program.ask(f"{verb} {seconds} {microseconds}")
        # At once: who is let go later than the others answers their heartbeats late.
        self.program.ask("release")
        self.program.ask("forget")

    def _seconds(self, answer: str) -> float:
        try:
            return float(answer)
        except ValueError as error:
            raise GuestError(
                f"{self.guest.name}: it cannot tell the time",
                why=f"it answered '{answer}'",
                next_step=f"look around with: testbed ssh {self.guest.name}",
            ) from error


# Each begins once all guests are through the one before: the first drain brings what was asked to
# the one asked, the second the answers.
_TO_STAND_STILL = (_Clock.hold, _Clock.drain, _Clock.drain)


@contextmanager
def _clock(
    guest: TalkingGuest, now: Callable[[], float], *, sudo: bool = False
) -> Iterator[_Clock]:
    program = (resources.files("testbed.guest") / "clock.pl").read_text(encoding="utf-8")
    command = Command(("perl", "-e", program), sudo=sudo)
    with guest.talk(command, timeout=_TIMEOUT) as dialogue:
        yield _Clock(guest, dialogue, now)
