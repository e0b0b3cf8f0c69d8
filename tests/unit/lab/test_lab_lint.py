"""Lint: what its golden messages do not show, and every lab that comes with testbed."""

import json

import pytest
from lab_folders import sample_lab

from testbed.errors import CannotWrite, LabError
from testbed.lab.folder import find, shipped
from testbed.lab.lint import accept, problems
from testbed.lab.lint.pages import blocks, headings


@pytest.mark.parametrize("id", shipped())
def test_a_shipped_lab_has_no_problems(id):
    assert [f"{p.file}:{p.line} {p.where}: {p.what}" for p in problems(find(id))] == []


def test_accepting_makes_a_stale_translation_good(tmp_path):
    lab = sample_lab(tmp_path)
    brief = lab / "brief.ko.md"
    brief.write_text(brief.read_text() + "\n더 있어요.\n")
    assert [problem.file for problem in problems(lab)] == ["brief.en.md"]
    accept(lab)
    assert problems(lab) == ()


def test_what_is_accepted_is_written_by_key_and_looks_the_same_every_time(tmp_path):
    lab = sample_lab(tmp_path)
    written = (lab / "translations.json").read_text()
    accept(lab)
    assert (lab / "translations.json").read_text() == written
    hashes = json.loads(written)["en"]
    assert {"brief.md", "title", "objectives.reachable.why"} <= hashes.keys()
    assert {len(value) for value in hashes.values()} == {12}


def test_nothing_is_accepted_while_the_source_cannot_be_read(tmp_path):
    lab = sample_lab(tmp_path)
    written = (lab / "translations.json").read_text()
    (lab / "text.ko.yaml").write_text("title: [\n")
    with pytest.raises(LabError):
        accept(lab)
    assert (lab / "translations.json").read_text() == written


def test_what_is_accepted_but_cannot_be_written_is_told(tmp_path):
    lab = sample_lab(tmp_path)
    (lab / "translations.json").unlink()
    (lab / "translations.json").mkdir()
    with pytest.raises(CannotWrite, match=r"translations\.json cannot be written to"):
        accept(lab)


def test_what_a_learner_builds_need_not_be_in_the_topology(tmp_path):
    lab = sample_lab(tmp_path)
    file = lab / "lab.yaml"
    text = file.read_text().replace("bond: bond0", "bond: bond7")
    file.write_text(text)
    assert len(problems(lab)) == 1
    file.write_text(text.replace("kind: repair", "kind: harden"))
    assert problems(lab) == ()


def test_an_empty_folder_is_told_file_by_file(tmp_path):
    found = problems(tmp_path)
    assert {problem.what for problem in found} == {"the file is missing"}
    assert len({problem.file for problem in found}) == 11


def test_code_is_compared_without_comments():
    page = "text\n\n```sh\nip link # 보기\n# 전부\n```\n```sh\nls\n```\n"
    assert [(block.line, block.code) for block in blocks(page)] == [
        (3, ("```sh", "ip link", "", "```")),
        (7, ("```sh", "ls", "```")),
    ]


def test_a_fence_of_other_marks_does_not_end_code():
    page = "````md\n```\n# no heading\n```\n````\n# heading\n"
    assert headings(page) == [(6, "#")]
    assert len(blocks(page)) == 1
