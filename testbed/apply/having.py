"""Which machines hold a file, as a sign of what was deployed in them."""

from contextlib import suppress

from testbed.deploy.step import Guests
from testbed.errors import GuestError
from testbed.guest import Command, TalkingGuest
from testbed.together import side_by_side


def having(guests: Guests, path: str) -> Guests:
    """Return those of the machines that answer and have the file."""
    told = _ask(guests, path)
    return {name: guests[name] for name, there in told.items() if there}


def may_be_in(guests: Guests, path: str) -> bool:
    """Return whether a machine has the file, or none answers: silence does not say no."""
    told = _ask(guests, path).values()
    return any(told) or all(there is None for there in told)


def _ask(guests: Guests, path: str) -> dict[str, bool | None]:
    """Return whether each machine has the file; None of one that does not answer."""

    def has(guest: TalkingGuest) -> bool | None:
        with suppress(GuestError):
            look = Command(("test", "-e", path), sudo=True)  # it may be a link into a snap
            return guest.run(look).ok
        return None

    return dict(zip(guests, side_by_side(guests.values(), has), strict=True))
