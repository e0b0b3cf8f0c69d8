"""Steps are timed and told."""

import json
from pathlib import Path

import pytest

from testbed.apply.progress import WHOLE, Event, Recorder, Stage, Status


class Clock:
    """Each look is a second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_a_step_is_told_when_it_begins_and_when_it_ends():
    events: list[Event] = []
    recorder = Recorder(events.append, clock=Clock())
    with recorder.step("node1", Stage.SSH, "at last"):
        pass
    assert events == [
        Event("node1", Stage.SSH, Status.STARTED, detail="at last"),
        Event("node1", Stage.SSH, Status.DONE, seconds=1.0),
    ]
    assert recorder.seconds == {"node1": {"ssh": 1.0}}


def test_a_step_that_fails_is_told_with_its_error_and_has_no_seconds():
    events: list[Event] = []
    recorder = Recorder(events.append, clock=Clock())
    with pytest.raises(KeyError), recorder.step("node1", Stage.SSH):
        raise KeyError("why")
    assert events[-1] == Event("node1", Stage.SSH, Status.FAILED, 1.0, "'why'")
    assert recorder.seconds == {}


def test_a_note_belongs_to_the_whole_testbed():
    events: list[Event] = []
    Recorder(events.append).note(Stage.IMAGE, "unpacking")
    assert events == [Event(WHOLE, Stage.IMAGE, Status.NOTED, detail="unpacking")]


def test_seconds_are_kept_in_a_file(tmp_path: Path):
    recorder = Recorder(lambda event: None, clock=Clock())
    with recorder.step("node1", Stage.LINKS):
        pass
    recorder.save(tmp_path / "seconds.json")
    assert json.loads((tmp_path / "seconds.json").read_text()) == {"node1": {"links": 1.0}}
