"""Labs are found by id or by path."""

import pytest
from lab_folders import sample_lab

from testbed.errors import LabError
from testbed.lab import folder


@pytest.fixture
def labs(tmp_path, monkeypatch):
    """A folder of labs with one in it, and a working directory without any."""
    labs = tmp_path / "labs"
    sample_lab(labs)
    (labs / "notes").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(folder, "labs_folder", lambda: labs)
    return labs


def test_a_folder_with_a_lab_file_is_a_lab(labs):
    assert folder.shipped() == ("sample-lab",)


def test_a_lab_is_found_by_its_id(labs):
    assert folder.find("sample-lab") == labs / "sample-lab"


def test_a_lab_is_found_by_its_path(labs):
    path = str(labs / "sample-lab")
    assert str(folder.find(path)) == path


def test_a_folder_here_comes_before_a_shipped_lab(labs, tmp_path):
    mine = sample_lab(tmp_path / "elsewhere")
    assert folder.find("sample-lab").resolve() == mine


def test_an_attempt_at_a_shipped_lab_stays_with_it_wherever_one_stands(labs, tmp_path):
    mine = sample_lab(tmp_path / "elsewhere")
    assert folder.find_again("sample-lab") == labs / "sample-lab"
    assert folder.find_again(str(mine)) == mine


def test_the_nearest_id_is_named(labs):
    with pytest.raises(LabError) as refused:
        folder.find("sampel-lab")
    assert list(refused.value.lines()) == [
        "error: there is no lab 'sampel-lab'",
        "  why: labs: sample-lab",
        " next: run: testbed lab show sample-lab",
    ]


def test_a_path_without_a_lab_is_told(labs):
    with pytest.raises(LabError, match=r"there is no lab in '\./nothing'"):
        folder.find("./nothing")


@pytest.mark.parametrize("id", ["", "x" * 5000, "nul\0"])
def test_no_text_is_too_odd_to_be_told(labs, id):
    with pytest.raises(LabError):
        folder.find(id)


def test_a_shipped_lab_is_named_by_its_id_and_any_other_by_its_path(labs, tmp_path):
    assert folder.name_to_type(labs / "sample-lab") == "sample-lab"
    assert folder.name_to_type(tmp_path / "sample-lab") == str(tmp_path / "sample-lab")
