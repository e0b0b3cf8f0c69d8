"""The JSON Schema takes what the reader takes, and refuses what it refuses."""

import jsonschema
import pytest
from lab_folders import BASE

from testbed.lab.new import create
from testbed.lab.reading import plain
from testbed.lab.schema import json_schema

CHECK = jsonschema.Draft202012Validator(json_schema())


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_sound_labs_fit_the_schema(tmp_path):
    for lab in (BASE, create(tmp_path, "new-lab")):
        assert list(CHECK.iter_errors(plain(lab, "lab.yaml"))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"level": 9},
        {"minuts": 3},
        {"probes": {"Answers": {"type": "steady"}}},
        {"probes": {"answers": {"type": "pong"}}},
        {"probes": {"answers": {"type": "ping", "source": "node1", "to": ["10.0.10.1"]}}},
        {"faults": [{"id": "one", "type": "cable", "end": "node1"}]},
        {"wrong_fixes": []},
    ],
)
def test_what_the_reader_refuses_does_not_fit_the_schema(change):
    assert list(CHECK.iter_errors(plain(BASE, "lab.yaml") | change))


def test_every_key_of_a_part_that_says_more_than_its_name_is_described():
    properties = json_schema()["properties"]
    assert properties["topology"]["description"] == "the shipped topology it needs"
    assert "title" not in properties["topology"]
