"""Progress: plain lines, and the table of a terminal."""

import io
import re

import pytest
from rich.console import Console

from testbed.apply.progress import WHOLE, Event, Stage, Status
from testbed.cli.progress import _OF_WHOLE, _Board, shown

EVENTS = (
    Event(WHOLE, Stage.IMAGE, Status.STARTED, detail="building image 'base', once"),
    Event(WHOLE, Stage.IMAGE, Status.NOTED, detail="I: [/usr] unpacking"),
    Event("node1", Stage.SSH, Status.STARTED),
    Event("node1", Stage.SSH, Status.DONE, 12.34),
    Event("node1", Stage.LINKS, Status.FAILED, 3.0, "node1: eno1 has no carrier"),
    Event(WHOLE, Stage.STEADY, Status.STARTED),
)


def test_without_a_terminal_each_event_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str]):
    with shown(("node1",)) as report:
        for event in EVENTS:
            report(event)
    out, err = capsys.readouterr()
    assert out == ""
    assert [re.sub(r"^\[ *[\d.]+ s\] ", "", line) for line in err.splitlines()] == [
        "testbed: image … building image 'base', once",
        "testbed: image … I: [/usr] unpacking",
        "node1: ssh (12.3 s)",
        "node1: links FAILED: node1: eno1 has no carrier",
        "testbed: steady state …",
    ]


def drawn(board: _Board, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(board.table())
    return console.file.getvalue()


def test_the_table_has_a_row_for_each_machine_and_what_each_step_took():
    board = _Board(("node1", "node2"))
    for event in EVENTS:
        board.report(event)
    (row,) = [line for line in drawn(board).splitlines() if "node1" in line]
    assert re.findall(r"node1|·|[\d.]+ s|failed", row) == [
        "node1",
        "·",
        "·",
        "12.3 s",
        "·",
        "failed",
        "·",
        "·",
    ]


def test_all_columns_fit_a_terminal_of_80():
    board = _Board(("router", "node1"))
    took = {Stage.STORAGE: 1234.5, Stage.CLOUD: 3456.7}
    stages = [stage for stage in Stage if stage not in _OF_WHOLE]
    for stage in stages:
        board.report(Event("router", stage, Status.DONE, took.get(stage, 123.4)))
    narrow = drawn(board, width=80)
    assert columns(board) == ["machine", *stages]
    assert "3456.7 s" in narrow
    assert narrow == drawn(board, width=300)


def test_brackets_of_a_build_do_not_upset_the_table():
    board = _Board(("node1",))
    board.report(EVENTS[1])
    assert "image: I: [/usr] unpacking" in drawn(board)


def test_the_table_can_be_drawn_at_any_moment():
    """It is drawn by another thread, between any two steps of a report."""
    board = _Board(("node1",))

    class Cells(dict):
        def __setitem__(self, key: object, value: object) -> None:
            super().__setitem__(key, value)
            drawn(board)

    board._cells = Cells()
    board.report(EVENTS[2])


def columns(board: _Board) -> list[str]:
    (row,) = [line for line in drawn(board).splitlines() if "machine " in line]
    return row.split()


def test_machines_that_are_restored_have_one_column_for_all():
    board = _Board(("node1", "node2"))
    board.report(Event(WHOLE, Stage.RESTORED, Status.DONE, 41.0, "storage"))
    assert columns(board) == ["machine", "restored"]
    assert drawn(board).count("41.0 s") == 2


def test_a_restore_that_failed_is_shown_beside_what_is_deployed_instead():
    board = _Board(("node1",))
    board.report(Event(WHOLE, Stage.RESTORED, Status.FAILED, 3.0, "cannot revert"))
    board.report(Event("node1", Stage.SSH, Status.DONE, 12.34))
    assert columns(board) == ["machine", "restored", "ssh"]
    assert "failed" in drawn(board)


def test_the_reason_why_nothing_is_restored_takes_no_column():
    board = _Board(("node1",))
    board.report(Event(WHOLE, Stage.RESTORED, Status.NOTED, detail="QEMU changed"))
    assert "restored" not in columns(board)
    assert "restored: QEMU changed" in drawn(board)
