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
_BAD_REQUEST = 400  # also what a port with TLS says to whoever comes without
_WHO = (401, 403)


@dataclass(frozen=True, slots=True)
class Place:
    """Something to be reached, at one URL or another, and from where it is asked."""

    what: str
    urls: tuple[str, ...]
    whence: str
    ask: Callable[[str], str]  # returns why a URL cannot be reached, empty where it answers
    otherwise: str = ""  # what it takes where only another URL than the first answers


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of asking; `why` is empty where a URL answered."""

    place: Place
    url: str
    why: str

    def __str__(self) -> str:
        seen = self.why or "answers"
        if not self.why and self.url != self.place.urls[0] and self.place.otherwise:
            seen += f"; {self.place.otherwise}"
        return f"{self.place.what} ({self.url}, from {self.place.whence}): {seen}"


def reach(place: Place) -> Reached:
    """Ask each URL until one answers; the first one's refusal is the one to tell."""
    refusals: list[str] = []
    for url in place.urls:
        if not (why := place.ask(url)):
            return Reached(place, url, "")
        refusals.append(why)
    return Reached(place, place.urls[0], refusals[0])


def from_here(url: str) -> str:
    """Return why the URL cannot be reached from this computer, through its proxy if it has one."""
    try:
        # An opener of its own reads the proxy settings as they are now.
        with urllib.request.build_opener().open(url, timeout=_PATIENCE):
            return ""
    except urllib.error.HTTPError as error:
        return _refusal(error.code)
    except urllib.error.URLError as error:
        return str(error.reason)
    except (http.client.HTTPException, OSError) as error:
        return str(error) or type(error).__name__


def from_machine(guest: Guest) -> Callable[[str], str]:
    """Return a way to ask from inside a machine."""

    def ask(url: str) -> str:
        quiet = ("-sS", "--head", "--location", "-o", "/dev/null", "-w", "%{http_code}")
        argv = ("curl", *quiet, "-m", str(_IN_A_MACHINE), url)
        try:
            result = guest.run(Command(argv), timeout=2 * _IN_A_MACHINE)
        except GuestError as error:
            return error.what
        if result.ok:
            return _refusal(int(result.stdout or 0))
        return result.stderr.strip() or f"curl ended with {result.exit_status}"

    return ask


def _refusal(status: int) -> str:
    """Return why that HTTP status is no answer: to ask who is there is one."""
    return "" if status < _BAD_REQUEST or status in _WHO else f"HTTP status {status}"
