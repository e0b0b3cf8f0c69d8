"""A new lab is complete and sound from the start, and replaces nothing."""

import pytest

from testbed.errors import CannotWrite, LabError
from testbed.lab.lint import problems
from testbed.lab.new import create
from testbed.lab.reading import read


def test_a_new_lab_has_no_problems(tmp_path):
    assert problems(create(tmp_path / "labs", "quiet-morning")) == ()


def test_a_new_lab_is_called_as_asked(tmp_path):
    lab = create(tmp_path, "quiet-morning")
    assert (lab, read(lab).id) == (tmp_path / "quiet-morning", "quiet-morning")
    assert [file for file in lab.rglob("*.*") if "LAB_ID" in file.read_text()] == []


def test_what_is_there_stays(tmp_path):
    mine = tmp_path / "quiet-morning"
    mine.mkdir()
    with pytest.raises(LabError, match="already there"):
        create(tmp_path, "quiet-morning")
    assert list(mine.iterdir()) == []


@pytest.mark.parametrize("id", ["", "Quiet", "a/b", "..", "x" * 25])
def test_an_id_that_cannot_be_one_is_told(tmp_path, id):
    with pytest.raises(LabError, match="cannot be the id of a lab"):
        create(tmp_path, id)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="cannot be written"):
        create(tmp_path / "file", "quiet-morning")
