"""The JSON Schema of `lab.yaml`: editors complete and check with it while one types."""

from typing import Any

from testbed.lab.format import Lab
from testbed.topology.schema import parts, refuse_other_names

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:testbed:lab"


def json_schema() -> dict[str, Any]:
    """Return the schema of what can be written in `lab.yaml`."""
    schema = Lab.model_json_schema(by_alias=True)
    for part in parts(schema):
        refuse_other_names(part)
        part.pop("discriminator", None)  # OpenAPI's word; `const` says the same here
        for value in part.get("properties", {}).values():
            if isinstance(value, dict):
                value.pop("title", None)  # only the key again, in capitals
    schema |= {"title": "testbed lab", "description": "A lab: its fault, claims and repairs."}
    return {"$schema": _DIALECT, "$id": _ID, **schema}
