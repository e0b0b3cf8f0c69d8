"""`testbed schema`: the JSON Schema of topology files, for editors."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema of a topology file.

    Save it, and name it in the first line of a topology for completion in an editor:
    # yaml-language-server: $schema=topology.schema.json
    """
    from testbed.topology.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
