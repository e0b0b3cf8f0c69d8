"""HTTP as a machine speaks it: a request goes through the machine, and starts no program there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from testbed.guest import NothingAnswers, TalkingGuest

_HTTP = 80


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 400

    def json(self) -> Any:
        """Return the body's values; None where it has none, or is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class _KeptOpen:
    """A line that is not hung up while an answer is on its way.

    Where an answer is the last one, `http.client` closes its socket before the body is read.
    """

    line: Any

    def sendall(self, data: bytes) -> None:
        self.line.sendall(data)

    def makefile(self, mode: str) -> Any:
        return self.line.makefile(mode)

    def close(self) -> None:
        """Do nothing: whoever dialled hangs up."""


def call(
    guest: TalkingGuest,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 30.0,
) -> Reply:
    """Return what is answered to a request that the guest sends; `timeout` is for each wait.

    Raises `NothingAnswers` where there is no answer, and another `GuestError` where the guest
    itself cannot be reached.
    """
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or _HTTP
    path = f"{place.path or '/'}{f'?{place.query}' if place.query else ''}"
    with guest.dial(host, port, timeout=timeout) as line:
        connection = HTTPConnection(host, port)
        connection.sock = _KeptOpen(line)
        try:
            connection.request(method, path, body, {"Connection": "close", **(headers or {})})
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, told, answer.read())
        except (HTTPException, OSError) as error:  # a timeout is an OSError, too
            late = isinstance(error, TimeoutError)
            raise NothingAnswers(
                f"{guest.name}: {host}:{port} does not answer {method} {place.path or '/'}",
                why=f"nothing came within {timeout:g} s" if late else f"{error or 'it hung up'}",
                next_step="see what runs with: testbed status --check",
            ) from error
