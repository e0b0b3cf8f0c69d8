"""Whether what a deployment fetches can be reached, asked with little patience."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from testbed.errors import GuestError
from testbed.guest import Command, Guest

_PATIENCE = 5  # seconds; emulated machines take some for the TLS alone
_IN_A_MACHINE = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Something to be reached, at one URL or another, and from where it is asked."""

    what: str
    urls: tuple[str, ...]
    whence: str
    ask: Callable[[str], str]  # returns why a URL cannot be reached, empty where it answers


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of asking; `why` is empty where something answered."""

    place: Place
    why: str

    def __str__(self) -> str:
        seen = self.why or "answers"
        return f"{self.place.what} ({self.place.urls[0]}, from {self.place.whence}): {seen}"


def reach(place: Place) -> Reached:
    """Ask each URL until one answers; the first one's refusal is the one to tell."""
    refusals: list[str] = []
    for url in place.urls:
        if not (why := place.ask(url)):
            return Reached(place, "")
        refusals.append(why)
    return Reached(place, refusals[0])


def from_here(url: str) -> str:
    """Return why the URL cannot be reached from this computer, through its proxy if it has one."""
    try:
        # An opener of its own reads the proxy settings as they are now.
        with urllib.request.build_opener().open(url, timeout=_PATIENCE):
            return ""
    except urllib.error.HTTPError:
        return ""  # it answers, if only to say that it wants to know who asks
    except urllib.error.URLError as error:
        return str(error.reason)
    except (http.client.HTTPException, OSError) as error:
        return str(error) or type(error).__name__


def from_machine(guest: Guest) -> Callable[[str], str]:
    """Return a way to ask from inside a machine."""

    def ask(url: str) -> str:
        argv = ("curl", "-sS", "--head", "-o", "/dev/null", "-m", str(_IN_A_MACHINE), url)
        try:
            result = guest.run(Command(argv), timeout=2 * _IN_A_MACHINE)
        except GuestError as error:
            return error.what
        return "" if result.ok else result.stderr.strip() or f"curl ended with {result.exit_status}"

    return ask
