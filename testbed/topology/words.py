"""The words of our messages: quoting, listing, and guessing what was meant."""

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 40


def quoted(text: str) -> str:
    """Return the text in single quotes, shortened, and with no unprintable characters."""
    return f"'{shown(text)}'"


def shown(text: str) -> str:
    """Return the text shortened, and with no unprintable characters."""
    start = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:_LONGEST])
    return f"{start}…" if len(text) > _LONGEST else start


def listed(names: Iterable[str], word: str = "and") -> str:
    """Return "'a', 'b' and 'c'"; there is at least one name."""
    *most, last = [quoted(name) for name in names]
    return f"{', '.join(most)} {word} {last}" if most else last


def found(value: Any) -> str:
    """Return how a value from the file is called in a sentence: "the text 'x'", "a list"."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping"


def near(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant, or None where nothing looks alike."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def suggestion(name: str, names: Iterable[str], under: str) -> str:
    """Return a hint for a name nobody defined: the nearest one, and where to define it."""
    names = list(names)
    if close := near(name, names):
        return f"did you mean '{close}'? If not, add '{name}' under {under}"
    return f"add it under {under}, or use one that is there: {', '.join(names) or 'none yet'}"
