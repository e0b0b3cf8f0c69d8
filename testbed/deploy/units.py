"""systemd's units in a machine, as `systemctl show` tells of them."""

from collections.abc import Iterator


def running(shown: str) -> Iterator[str]:
    """Yield the names of units that are enabled and active, without `.service`.

    `shown` has a block for each unit, with its Id, ActiveState and UnitFileState.
    """
    for block in shown.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if values.get("ActiveState") == "active" and values.get("UnitFileState") == "enabled":
            yield values["Id"].removesuffix(".service")
