"""What a verb ends in where several testbeds failed it."""

from collections.abc import Sequence

import typer

from testbed.errors import TestbedError


def raise_all(errors: Sequence[TestbedError]) -> None:
    """Raise the first error, the later ones told on stderr before; does nothing without any."""
    for later in errors[1:]:
        for line in later.lines():
            typer.echo(line, err=True)
    if errors:
        raise errors[0]
