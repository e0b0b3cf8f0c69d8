"""Looking back: the facts a timeline holds, the debrief and the post-mortem, to the letter."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # the sample lab is shared

from lab_sample import BEGAN, EVENTS, FINISHED, write_lab

from testbed.lab.debrief import Debrief
from testbed.lab.format import Lab, Locale, Tier
from testbed.lab.moments import Moments, code, escaped
from testbed.lab.reading import read
from testbed.lab.spans import offset, span
from testbed.lab.story import Story
from testbed.lab.texts import page, read_texts

GOLDEN = Path(__file__).parents[2] / "golden" / "lab_texts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_lab(tmp_path)


@pytest.fixture
def lab(folder: Path) -> Lab:
    return read(folder)


@pytest.fixture
def greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let it be Greenwich's time, and afterwards this computer's again."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def before_the_end(lab: Lab, count: int) -> Story:
    return Story(lab, EVENTS[:count])


def looked_back(folder: Path, locale: Locale) -> Debrief:
    story = Story(read(folder), (*EVENTS, FINISHED))
    told = page(folder, "debrief", locale).text
    return Debrief(story, read_texts(folder, locale), told, locale)


@pytest.mark.parametrize("locale", list(Locale))
@pytest.mark.parametrize("kind", ["debrief", "post-mortem"])
def test_an_attempt_is_told_in_these_words(
    folder: Path, locale: Locale, kind: str, update_golden: bool, greenwich: None
):
    whole = looked_back(folder, locale)
    text = whole.markdown() if kind == "debrief" else whole.post_mortem()
    expected = GOLDEN / f"{kind}.{locale}.md"
    if update_golden:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


class TestStory:
    def test_the_clock_starts_at_the_first_symptom(self, lab: Lab):
        assert Story(lab, EVENTS).origin == BEGAN + 10

    def test_without_a_symptom_it_starts_at_the_beginning(self, lab: Lab):
        assert before_the_end(lab, 2).origin == BEGAN

    def test_users_can_work_from_the_check_on_that_saw_it(self, lab: Lab):
        assert Story(lab, EVENTS).mitigated == BEGAN + 205
        assert Story(lab, EVENTS).recovered == BEGAN + 400

    def test_users_who_never_stopped_did_not_work_again(self, lab: Lab):
        still = tuple(
            o.model_copy(update={"true_before": "two are enough"}) for o in lab.objectives
        )
        assert Story(lab.model_copy(update={"objectives": still}), EVENTS).mitigated is None
        resolved = tuple(o.model_copy(update={"tier": Tier.RESOLVED}) for o in lab.objectives)
        assert Story(lab.model_copy(update={"objectives": resolved}), EVENTS).mitigated is None

    def test_what_is_lost_again_was_not_reached(self, lab: Lab):
        lost = {"at": BEGAN + 600, "event": "check", "holding": [], "solved": False}
        story = Story(lab, (*EVENTS, lost))
        assert (story.mitigated, story.recovered, story.may_be_told) == (None, None, False)

    def test_a_reset_takes_back_what_was_reached(self, lab: Lab):
        story = Story(lab, (*EVENTS, {"at": BEGAN + 600, "event": "reset", "to": "broken"}))
        assert (story.recovered, story.solved) == (None, False)

    @pytest.mark.parametrize("count", [0, 4, 12])
    def test_the_answer_is_not_told_before_the_end(self, lab: Lab, count: int):
        assert not before_the_end(lab, count).may_be_told

    def test_the_answer_is_told_once_all_of_it_holds(self, lab: Lab):
        assert before_the_end(lab, 14).may_be_told

    def test_who_gives_up_is_told_the_answer(self, lab: Lab):
        story = Story(lab, (*EVENTS[:4], {**FINISHED, "result": "given-up"}))
        assert story.may_be_told
        assert story.writer is None, "nobody looked at what was written"

    def test_a_lab_without_a_writer_tells_of_no_writes(self, lab: Lab):
        story = Story(lab.model_copy(update={"sentinels": {}}), (*EVENTS, FINISHED))
        assert story.writer is None

    def test_a_writer_that_no_safeguard_is_about_tells_of_no_writes(self, lab: Lab):
        guards = lab.safeguards[:1]
        story = Story(lab.model_copy(update={"safeguards": guards}), (*EVENTS, FINISHED))
        assert story.writer is None
        assert Story(lab, (*EVENTS, FINISHED)).writer == (190.4, 0)

    def test_an_empty_timeline_is_no_trouble(self, folder: Path):
        whole = looked_back(folder, Locale.EN)
        empty = replace(whole, story=replace(whole.story, events=()))
        assert "What was done" in empty.markdown()
        assert empty.post_mortem().startswith("# Post-mortem")


def test_equal_checks_in_a_row_are_one_line(folder: Path, lab: Lab):
    moments = Moments(Story(lab, EVENTS), read_texts(folder, Locale.EN), Locale.EN)
    lines = [line for line in moments.lines() if "0 of 3" in line]
    assert lines == ["- `+0:40` Checked: 0 of 3 objectives held (x2)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ip route", "`ip route`"), ("echo `id`", "`` echo `id` ``"), ("a\nb", "`a b`")],
)
def test_a_command_is_code_whatever_is_in_it(text: str, expected: str):
    assert code(text) == expected


def test_a_note_is_no_markdown():
    assert escaped("why *this*\n# <b>") == r"why \*this\* \# \<b\>"


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (-3, "0초", "0 s"),
        (59, "59초", "59 s"),
        (200, "3분 20초", "3 min 20 s"),
        (7500, "2시간 5분", "2 h 5 min"),
    ],
)
def test_lengths_of_time_are_said_as_people_say_them(seconds: float, korean: str, english: str):
    assert (span(seconds, Locale.KO), span(seconds, Locale.EN)) == (korean, english)


def test_moments_before_the_symptom_are_negative():
    assert (offset(-5), offset(0), offset(3725)) == ("-0:05", "+0:00", "+62:05")
