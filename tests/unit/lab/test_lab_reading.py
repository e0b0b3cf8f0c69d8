"""A lab's file is read whole, or refused with every problem."""

import pytest
from lab_folders import BASE, sample_lab

from testbed.errors import LabError
from testbed.lab.format import Lab
from testbed.lab.nouns import PATTERNS, example, noun
from testbed.lab.places import keys_of, parts, walk
from testbed.lab.reading import read
from testbed.lab.text_models import TextFile

PARTS = sorted({*parts(Lab), *parts(TextFile)}, key=lambda part: part.__qualname__)


def test_a_sound_lab_is_read():
    lab = read(BASE)
    assert (lab.id, lab.probes["goes-on"].hold, lab.perturb[1].cable) == (
        "sample-lab",
        10,
        "node1:eno1",
    )


def test_all_problems_are_told_at_once_and_what_to_do_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = sample_lab(tmp_path)
    file = lab / "lab.yaml"
    file.write_text(file.read_text().replace("level: 2", "levle: 2"))
    with pytest.raises(LabError) as refused:
        read(lab.relative_to(tmp_path))
    assert list(refused.value.lines()) == [
        "error: lab 'sample-lab' has 2 problems",
        "  lab.yaml line 1: lab: a lab needs the key 'level'",
        "    hint: add for example level: 1",
        "  lab.yaml line 5: levle: a lab has no key 'levle'",
        "    hint: did you mean 'level'?",
        " next: edit the files in sample-lab, then run: testbed lab lint sample-lab",
    ]
    assert refused.value.exit_code == 8


def test_a_folder_without_a_lab_is_told(tmp_path):
    with pytest.raises(LabError) as refused:
        read(tmp_path)
    assert [problem.what for problem in refused.value.problems] == ["the file is missing"]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__qualname__)
def test_every_part_has_a_name_and_every_key_an_example(part):
    assert noun(part) != "this"
    assert all(example(part, key).startswith(f"{key}: ") for key in keys_of(part))


def test_every_pattern_of_the_format_is_told_in_words():
    used = set()
    for part in PARTS:
        used |= set(find_patterns(part.model_json_schema()))
    assert used <= PATTERNS.keys()


def find_patterns(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        yield from schema.get("patternProperties", ())
        for value in schema.values():
            yield from find_patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from find_patterns(value)


def test_a_place_has_no_tag_of_a_union_in_it():
    loc = ("probes", "answers", "ping", "to", 0)
    assert walk(Lab, loc).dotted("lab") == "probes.answers.to.1"


def test_a_probe_called_like_a_type_keeps_its_place():
    assert walk(Lab, ("probes", "ping", "ping", "from")).dotted("lab") == "probes.ping.from"
