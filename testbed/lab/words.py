"""What the engine says to a learner: a key and its values, and the sentence in a language.

The sentences stand in `words/<area>.<locale>.yaml`, one flat mapping of key → template each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from testbed.lab.format.common import Locale

AREAS = ("probe", "check", "ui", "debrief", "text")
FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say, in no language yet."""

    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


def say(said: Said, locale: Locale) -> str:
    """Return the sentence in the language, or else in Korean, the source of all others.

    Where no language has one, the key and its values stand in for it: a learner whose
    testbed is broken needs what was seen more than a traceback.
    """
    template = templates(locale).get(said.key) or templates(Locale.KO).get(said.key)
    try:
        if template is not None:
            return template.format_map(said.values)
    except (KeyError, IndexError, ValueError):
        pass  # a template that asks for a value nobody gave
    values = ", ".join(f"{name}={value}" for name, value in said.values.items())
    return f"{said.key} ({values})" if values else said.key


@cache
def templates(locale: Locale) -> Mapping[str, str]:
    """Return key → template of all areas in one language."""
    return {key: text for area in AREAS for key, text in area_words(area, locale).items()}


def area_words(area: str, locale: Locale) -> Mapping[str, str]:
    """Return key → template of one area; an area nobody wrote yet has none."""
    file = FOLDER / f"{area}.{locale}.yaml"
    if not file.is_file():
        return {}
    words: Mapping[str, str] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return words
