"""Sentences and pages come in the language asked for, or in Korean with a notice."""

import pytest
from lab_folders import sample_lab

from testbed.errors import LabError
from testbed.lab.format import Locale
from testbed.lab.texts import (
    Step,
    choose_locale,
    intro,
    notice,
    page,
    read_texts,
    steps,
)
from testbed.lab.words import say

KO, EN = Locale.KO, Locale.EN
GUIDE = """# Guide

Slowly.

## Look

```sh
## this is a comment
ip link
```

### Closer

More.

## Mend
"""


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        (None, {}, KO),
        ("en", {"TESTBED_LANG": "ko", "LANG": "ko_KR.UTF-8"}, EN),
        (None, {"TESTBED_LANG": "ko", "LC_ALL": "en_US.UTF-8"}, KO),
        (None, {"TESTBED_LANG": "", "LC_ALL": "en_US.UTF-8"}, EN),
        (None, {"LC_ALL": "en_US.UTF-8", "LANG": "ko_KR.UTF-8"}, EN),
        (None, {"LC_ALL": "", "LC_MESSAGES": "en_GB", "LANG": "ko_KR.UTF-8"}, EN),
        (None, {"LANG": "en_US.UTF-8"}, EN),
        (None, {"LANG": "C.UTF-8"}, KO),
        (None, {"LANG": "enochian"}, KO),
        (None, {"LANG": "fr_FR.UTF-8"}, KO),
    ],
)
def test_the_nearest_wish_decides_the_language(option, environ, expected):
    assert choose_locale(option, environ) is expected


@pytest.mark.parametrize(("option", "environ"), [("fr", {}), (None, {"TESTBED_LANG": "fr"})])
def test_a_language_that_no_lab_is_in_is_told(option, environ):
    with pytest.raises(LabError, match="no labs in the language 'fr'"):
        choose_locale(option, environ)


@pytest.mark.parametrize(("locale", "title"), [(KO, "끊긴 길"), (EN, "A broken road")])
def test_sentences_are_in_the_language_asked_for(tmp_path, locale, title):
    texts = read_texts(sample_lab(tmp_path), locale)
    assert (texts.title, texts.locale) == (title, locale)


def test_sentences_that_are_not_translated_are_all_korean(tmp_path):
    lab = sample_lab(tmp_path)
    (lab / "text.en.yaml").unlink()
    texts = read_texts(lab, EN)
    assert (texts.title, texts.locale) == ("끊긴 길", KO)


def test_a_page_that_is_not_translated_is_korean_and_says_so(tmp_path):
    lab = sample_lab(tmp_path)
    (lab / "brief.en.md").unlink()
    seen = page(lab, "brief", EN)
    assert seen.locale is KO
    told = notice(EN, seen.locale)
    assert told is not None
    assert say(told, EN) == "This is not translated yet; it is shown in Korean."


def test_a_page_in_the_language_asked_for_needs_no_notice(tmp_path):
    assert notice(EN, page(sample_lab(tmp_path), "guide", EN).locale) is None


def test_a_page_that_is_in_no_language_is_told(tmp_path):
    lab = sample_lab(tmp_path)
    (lab / "brief.ko.md").unlink()
    (lab / "brief.en.md").unlink()
    with pytest.raises(LabError) as refused:
        page(lab, "brief", EN)
    assert [problem.file for problem in refused.value.problems] == ["brief.ko.md"]


def test_sentences_of_a_wrong_shape_are_told(tmp_path):
    lab = sample_lab(tmp_path)
    (lab / "text.en.yaml").write_text("title: 5\n")
    with pytest.raises(LabError):
        read_texts(lab, EN)


def test_a_guide_is_split_at_headings_outside_of_code():
    look = "```sh\n## this is a comment\nip link\n```\n\n### Closer\n\nMore."
    assert steps(GUIDE) == (Step("Look", look), Step("Mend", ""))


def test_what_stands_above_the_first_step_is_the_introduction():
    assert intro(GUIDE) == "# Guide\n\nSlowly."


def test_a_page_without_steps_has_none():
    assert steps("# Guide\n") == ()
