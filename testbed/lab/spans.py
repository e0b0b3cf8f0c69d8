"""Lengths of time, as people say them and as timelines show them."""

from testbed.lab.format.common import Locale
from testbed.lab.words import Said, say

_MINUTE, _HOUR = 60, 3600


def span(seconds: float, locale: Locale) -> str:
    """Return a length of time in words, such as '3 min 20 s'."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return say(Said("debrief.span.seconds", {"seconds": whole}), locale)
    if whole < _HOUR:
        values = {"minutes": whole // _MINUTE, "seconds": whole % _MINUTE}
        return say(Said("debrief.span.minutes", values), locale)
    values = {"hours": whole // _HOUR, "minutes": whole % _HOUR // _MINUTE}
    return say(Said("debrief.span.hours", values), locale)


def offset(seconds: float) -> str:
    """Return a moment before or after another one, such as '+3:20' or '-0:05'."""
    whole = round(seconds)
    minutes, rest = divmod(abs(whole), _MINUTE)
    return f"{'-' if whole < 0 else '+'}{minutes}:{rest:02}"
