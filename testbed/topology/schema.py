"""The JSON Schema of a topology file: editors complete and check with it while one types."""

from collections.abc import Iterator
from typing import Any

from testbed.topology.models import Topology

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:testbed:topology"
_SIZE = {"type": "string", "pattern": "^[0-9]+[MG]$"}
_END = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9-]*:[a-z][a-z0-9_-]*$",
    "description": "MACHINE:NIC, such as node1:eno1",
}


def json_schema() -> dict[str, Any]:
    """Return the schema of what can be written in a topology file, sizes as text included."""
    schema = Topology.model_json_schema()
    for part in parts(schema):
        refuse_other_names(part)
        _describe_size(part)
        if part.get("format") == "ipv4network":  # no format JSON Schema knows
            del part["format"]
            part["pattern"] = "^[0-9.]+/[0-9]+$"
        if "prefixItems" in part:
            part["prefixItems"] = [_END, _END]
        if "properties" in part:
            for value in part["properties"].values():
                value.pop("title", None)  # only the key again, in capitals
    schema |= {"title": "testbed topology", "description": "A testbed: its machines and wiring."}
    return {"$schema": _DIALECT, "$id": _ID, **schema}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the schema and every schema inside it."""
    if isinstance(schema, dict):
        yield schema
        for value in list(schema.values()):
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def refuse_other_names(part: dict[str, Any]) -> None:
    """Allow in a mapping by name no names but those its pattern describes."""
    if "patternProperties" in part:
        part["additionalProperties"] = False


def _describe_size(part: dict[str, Any]) -> None:
    """Write down both spellings of a size: a number of MiB, and text such as 2G."""
    smallest = part.pop("ge", None)
    if smallest is not None:
        part["anyOf"] = [_SIZE, {"type": "integer", "minimum": smallest}]
