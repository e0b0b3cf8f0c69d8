"""Which machines hold a file, as a sign of what was deployed in them."""

from contextlib import suppress

from testbed.deploy.step import Guests
from testbed.errors import GuestError
from testbed.guest import Command, TalkingGuest
from testbed.together import side_by_side


def having(guests: Guests, path: str) -> Guests:
    """Return those of the machines that answer and have the file."""

    def has(guest: TalkingGuest) -> bool:
        with suppress(GuestError):
            look = Command(("test", "-e", path), sudo=True)  # it may be a link into a snap
            return guest.run(look).ok
        return False

    told = side_by_side(guests.values(), has)
    return {name: guests[name] for name, there in zip(guests, told, strict=True) if there}
