"""The words of command line and debrief: both languages, the same fields, none missing."""

import re
import string
from pathlib import Path

import pytest

import testbed
from testbed.lab.format import Locale
from testbed.lab.words import area_words

PACKAGE = Path(testbed.__file__).parent
USED = {
    key
    for file in (*PACKAGE.rglob("cli/**/*.py"), *PACKAGE.rglob("lab/*.py"))
    for key in re.findall(r"""["']((?:ui|debrief)\.[a-z.-]+)["']""", file.read_text())
}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("area", ["ui", "debrief"])
def test_both_languages_say_the_same_things(area: str):
    korean, english = area_words(area, Locale.KO), area_words(area, Locale.EN)
    assert list(korean) == list(english)
    assert {k: fields(v) for k, v in korean.items()} == {k: fields(v) for k, v in english.items()}


@pytest.mark.parametrize("area", ["ui", "debrief"])
def test_what_is_used_is_there_and_what_is_there_is_used(area: str):
    assert {key for key in USED if key.startswith(f"{area}.")} == set(area_words(area, Locale.KO))


def test_hints_are_not_counted():
    for locale in Locale:
        told = [text for key, text in area_words("ui", locale).items() if ".hint." in key]
        assert not any(re.search(r"\d|\{(n|all|count)\}", text) for text in told)
