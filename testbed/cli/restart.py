"""`testbed restart`."""

import typer

from testbed.cli import recording
from testbed.cli.options import MachineName, Name, open_testbed
from testbed.errors import StateError


def restart(machine: MachineName, name: Name = None) -> None:
    """Shut a machine down in order and switch it on again.

    One that cannot be reached, or does not shut down, loses power instead.
    """
    from testbed.apply import lifecycle, power
    from testbed.apply.lock import only_one
    from testbed.host import DISK_FAILED

    with open_testbed(name) as (host, folders, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        seen = testbed.machines[machine]
        if seen.state == "paused":
            raise StateError(
                f"machine '{machine}' stands still, so it cannot shut down",
                why=seen.reason,
                next_step=f"{'free disk space, then ' if seen.reason == DISK_FAILED else ''}"
                "run: testbed resume",
            )
        recording.note(folders, testbed.plan.name, ("testbed", "restart", machine))
        with only_one(folders, testbed.plan.name, f"restart {machine}"):
            in_order = power.restart(host, folders, testbed, chosen)
        lost = "" if in_order else "; it did not shut down, so its power was cut"
        typer.echo(f"{machine} is back{lost}")
