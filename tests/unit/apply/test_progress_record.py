"""Steps are timed and told."""

import json
from pathlib import Path

import pytest

from testbed.apply.progress import WHOLE, Event, Recorder, Stage, Status


class Clock:
    """Each look is so many seconds later."""

    def __init__(self, tick: float = 1.0) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
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


def step_of(seconds: float, stage: Stage) -> Recorder:
    recorder = Recorder(lambda event: None, clock=Clock(seconds))
    with recorder.step("node1", stage):
        pass
    return recorder


def test_seconds_are_kept_in_a_file(tmp_path: Path):
    record = tmp_path / "seconds.json"
    step_of(1.0, Stage.SSH).save(record, goes_on=True)
    step_of(2.0, Stage.LINKS).save(record, goes_on=False)
    assert json.loads(record.read_text()) == {"node1": {"links": 2.0}}


def test_what_the_first_run_took_stays_told_when_another_goes_on(tmp_path: Path):
    record = tmp_path / "seconds.json"
    for seconds, stage in ((4.0, Stage.LINKS), (0.1, Stage.LINKS), (3.0, Stage.ROUTES)):
        step_of(seconds, stage).save(record, goes_on=True)
    assert json.loads(record.read_text()) == {"node1": {"links": 4.0, "routes": 3.0}}


def test_seconds_that_a_crash_cut_short_count_as_none(tmp_path: Path):
    record = tmp_path / "seconds.json"
    record.write_text('{"node1": {"li')
    step_of(1.0, Stage.SSH).save(record, goes_on=True)
    assert json.loads(record.read_text()) == {"node1": {"ssh": 1.0}}
