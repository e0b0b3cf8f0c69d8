"""A member at the dashboard, through `testbed open horizon`, as his browser goes there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

if TYPE_CHECKING:
    from conftest import Cli

_PAGE = 600.0  # seconds; emulated, the first page after the log-in loads more code
_HIDDEN = re.compile(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")


def must_show_a_member(cli: "Cli", testbed: str) -> None:
    """Log in as a member, who must see the first page of his project."""
    page = _overview(cli, testbed)
    assert "<title>Instance Overview" in page
    assert "member" in page


def _overview(cli: "Cli", testbed: str) -> str:
    with _opened(cli, testbed) as (place, user, password):
        browser = build_opener(HTTPCookieProcessor())
        login = f"{place}horizon/auth/login/?next=/horizon/project/"
        form = browser.open(login, timeout=_PAGE).read().decode()
        values = {**dict(_HIDDEN.findall(form)), "username": user, "password": password}
        asked = Request(login, urlencode(values).encode(), {"Referer": login})
        return str(browser.open(asked, timeout=_PAGE).read().decode())


@contextmanager
def _opened(cli: "Cli", testbed: str) -> Iterator[tuple[str, str, str]]:
    """Open the dashboard around the block; yields its address, and what to log in with."""
    process = cli.start("open", "horizon", "--no-browser", "--name", testbed)
    assert process.stdout is not None
    try:
        place = process.stdout.readline().removeprefix("dashboard: ").strip()
        told = re.match(r"log in as: (\w+), password (\S+), domain", process.stdout.readline())
        assert told, process.communicate()
        yield place, told[1], told[2]
    finally:
        process.terminate()  # a run in the background has no Ctrl+C
        process.communicate()
