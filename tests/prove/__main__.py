"""`make prove`: every lab on real machines, and its guide followed to the end.

A testbed for each topology, one after another, so that no lab waits for the CPU of another; the
labs of the network come before Ceph is raised. `LABS` in the environment names some instead of all.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from following import follow

TESTBED = Path(".venv/bin/testbed").absolute()
STAGES = ("network", "storage")
FAILED = "NOT PROVEN"


@dataclass(frozen=True)
class Lab:
    """A lab, and the testbed it needs."""

    id: str
    topology: str
    stage: str


def chosen() -> list[Lab]:
    """Return the labs to prove, those of one topology together and the network's first."""
    listed = subprocess.run(
        [str(TESTBED), "lab", "list", "--json"], stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(listed.stdout)
    if wrong := [each["id"] for each in found if not each["readable"]]:
        raise SystemExit(f"not readable: {', '.join(wrong)}; see: testbed lab lint")
    labs = [Lab(each["id"], each["topology"], each["stage"]) for each in found]
    wanted = os.environ.get("LABS", "").split()
    if unknown := set(wanted) - {lab.id for lab in labs}:
        raise SystemExit(f"there is no lab: {', '.join(sorted(unknown))}")
    some = [lab for lab in labs if not wanted or lab.id in wanted]
    return sorted(some, key=lambda lab: (lab.topology, STAGES.index(lab.stage), lab.id))


def does(*argv: str) -> bool:
    """Run testbed where everybody can see it, and return whether it succeeded."""
    print(f"$ testbed {' '.join(argv)}", flush=True)
    return subprocess.run([str(TESTBED), *argv]).returncode == 0


def prove(topology: str, labs: list[Lab]) -> dict[str, str]:
    """Return what came of each lab; the testbed is gone afterwards."""
    named = ("--name", f"try-{topology}")  # a name has 24 letters at most
    told = {}
    try:
        for stage, staged in groupby(labs, key=lambda lab: lab.stage):
            is_up = does("up", topology, "--to", stage, *named)
            for lab in staged:
                begun = time.monotonic()
                failed = failing(lab.id, named) if is_up else "its testbed"
                took = f"{(time.monotonic() - begun) / 60:.0f} min"
                told[lab.id] = f"{FAILED} by {failed}" if failed else f"proven in {took}"
    finally:
        does("down", "--forget", *named)
    return told


def failing(lab: str, named: tuple[str, str]) -> str:
    """Return what of a lab fails: its trial, its guide that leads no learner to the end, or ""."""
    failed = "its trial" if not does("lab", "prove", lab, *named) else ""
    if not failed and not follow(lab, named):
        failed = "its guide"
    if is_going_on(named):  # the next lab could not begin
        does("lab", "finish", "--give-up", *named)
        return failed or "its guide"
    return failed


def is_going_on(named: tuple[str, str]) -> bool:
    """Return whether a lab is going on on the testbed, or was not put back to its end."""
    argv = [str(TESTBED), "lab", "status", "--json", *named]
    told = subprocess.run(argv, stdout=subprocess.PIPE, text=True)
    return told.returncode == 0 and json.loads(told.stdout) is not None


def main() -> int:
    told = {}
    for topology, labs in groupby(chosen(), key=lambda lab: lab.topology):
        told |= prove(topology, list(labs))
    for lab, result in told.items():
        print(f"{lab}: {result}")
    return int(any(result.startswith(FAILED) for result in told.values()))


if __name__ == "__main__":
    sys.exit(main())
