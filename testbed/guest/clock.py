"""The guest's clock against the host's."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from testbed.errors import GuestError
from testbed.guest.command import Command, Guest, must
from testbed.guest.dialogue import Dialogue

_EXCHANGES = 8
_TELL_TIME = 'LC_ALL=C; while read -r _; do echo "$EPOCHREALTIME"; done'

# adjtimex(2) with ADJ_SETOFFSET moves the clock by a distance, so it does not matter
# how long it takes to get there. perl-base is on every Debian, and starts ten times faster than
# Python. struct timex is 208 bytes; modes is at 0, time at 72, as seconds and microseconds.
_STEP = """
my ($seconds, $microseconds) = @ARGV;
my %number = (x86_64 => 159, aarch64 => 171);
chomp(my $arch = `uname -m`);
my $timex = pack("L x68 q q x120", 0x100, $seconds, $microseconds);
syscall($number{$arch} // die("no adjtimex for $arch\\n"), $timex) >= 0 or die "adjtimex: $!\\n";
"""


class TalkingGuest(Guest, Protocol):
    """A guest that can hold a dialogue."""

    def talk(
        self, command: Command, *, timeout: float = 60.0
    ) -> AbstractContextManager[Dialogue]: ...


def clock_offset(guest: TalkingGuest, *, now: Callable[[], float] = time.time) -> float:
    """Return how many seconds the guest's clock is ahead of the host's; negative is behind.

    Of several exchanges the fastest counts: its answer was least on the way.
    """
    found = []
    with guest.talk(Command(("bash", "-c", _TELL_TIME)), timeout=30) as dialogue:
        for _ in range(_EXCHANGES):
            asked = now()
            told = _seconds(guest, dialogue.ask())
            answered = now()
            found.append((answered - asked, told - (asked + answered) / 2))
    return min(found)[1]


def step_clock(guest: TalkingGuest, *, now: Callable[[], float] = time.time) -> float:
    """Set the guest's clock to the host's in one step; return the offset left, in seconds."""
    seconds, microseconds = divmod(round(-clock_offset(guest, now=now) * 1e6), 1_000_000)
    argv = ("perl", "-e", _STEP, "--", str(seconds), str(microseconds))
    must(guest, Command(argv, sudo=True), timeout=30)
    return clock_offset(guest, now=now)


def _seconds(guest: Guest, answer: str) -> float:
    try:
        return float(answer)
    except ValueError as error:
        raise GuestError(
            f"{guest.name}: it cannot tell the time",
            why=f"it answered '{answer}'",
            next_step=f"look around with: testbed ssh {guest.name}",
        ) from error
