"""What the engine says: the same in every language, and nothing without words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from testbed.lab import words
from testbed.lab.format import Locale
from testbed.lab.words import AREAS, Said, area_words, say

PACKAGE = Path(words.__file__).parents[1]
KEY = re.compile(rf"(?:{'|'.join(AREAS)})\.[a-z][a-z0-9_.-]*(?<!\.yaml)(?<!\.md)")
HERE = (PACKAGE / "lab", PACKAGE / "cli")
BOTH = [(area, locale) for area in AREAS for locale in Locale]


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def keys_in_code() -> Iterator[tuple[str, str]]:
    """Yield every text in the code that looks like a key, with its file."""
    for path in (path for folder in HERE for path in sorted(folder.rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and KEY.fullmatch(text):
                yield path.name, text


@pytest.mark.parametrize("area", AREAS)
def test_every_language_says_the_same_things(area):
    korean, english = (area_words(area, locale) for locale in (Locale.KO, Locale.EN))
    assert korean.keys() == english.keys()


@pytest.mark.parametrize("area", AREAS)
def test_every_language_tells_the_same_values(area):
    korean, english = (area_words(area, locale) for locale in (Locale.KO, Locale.EN))
    differing = [
        key for key in korean.keys() & english.keys() if fields(korean[key]) != fields(english[key])
    ]
    assert differing == []


@pytest.mark.parametrize(("area", "locale"), BOTH)
def test_words_are_text_under_a_key_of_their_area(area, locale):
    wrong = [
        key
        for key, text in area_words(area, locale).items()
        if not (key.startswith(f"{area}.") and isinstance(text, str) and text)
    ]
    assert wrong == []


@pytest.mark.parametrize(("area", "locale"), BOTH)
def test_every_value_in_a_sentence_has_a_name(area, locale):
    names = {name for text in area_words(area, locale).values() for name in fields(text)}
    assert [name for name in names if not name.isidentifier()] == []


def test_every_key_in_the_code_has_words():
    known = {key for area in AREAS for key in area_words(area, Locale.KO)}
    assert [(file, key) for file, key in keys_in_code() if key not in known] == []


def test_every_file_of_words_is_of_an_area_and_a_language():
    there = {path.name for path in words.FOLDER.iterdir()}
    assert there <= {f"{area}.{locale}.yaml" for area, locale in BOTH}


@pytest.fixture
def told(monkeypatch):
    """Words in which Korean has one sentence more than English."""
    said = {
        Locale.KO: {"ui.hello": "{name}, 안녕하세요", "ui.bye": "안녕히"},
        Locale.EN: {"ui.hello": "hello, {name}"},
    }
    monkeypatch.setattr(words, "templates", said.__getitem__)


def test_a_sentence_is_said_in_the_language_asked_for(told):
    assert say(Said("ui.hello", {"name": "Ada"}), Locale.EN) == "hello, Ada"


def test_a_sentence_no_other_language_has_is_said_in_korean(told):
    assert say(Said("ui.bye"), Locale.EN) == "안녕히"


def test_what_nobody_wrote_is_told_by_its_key_and_values(told):
    assert say(Said("probe.lost", {"loss": 3}), Locale.KO) == "probe.lost (loss=3)"


def test_a_value_nobody_gave_ends_in_no_traceback(told):
    assert say(Said("ui.hello", {"nmae": "Ada"}), Locale.EN) == "ui.hello (nmae=Ada)"
