from collections.abc import Iterator
from typing import Any

import jsonschema

from testbed.topology.schema import json_schema


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_an_editor_can_tell_what_every_key_is_for() -> None:
    missing = [name for name, value in properties(json_schema()) if "description" not in value]
    assert missing == []


def test_sizes_are_numbers_or_text() -> None:
    memory = json_schema()["$defs"]["Machine"]["properties"]["memory"]
    check = jsonschema.Draft202012Validator(memory)
    assert [value for value in ("1536M", "2G", 512, 8, "2GB", 1.5) if check.is_valid(value)] == [
        "1536M",
        "2G",
        512,
    ]


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    parts = {"Topology": schema, **schema["$defs"]}
    for part_name, part in parts.items():
        for name, value in part.get("properties", {}).items():
            yield f"{part_name}.{name}", value
