"""Labs at the stage of the storage, each tried briefly; what is left out, `make prove` tries."""

from collections.abc import Iterator

import pytest
from conftest import Cli

pytestmark = pytest.mark.e2e

LABS = ("slow-storage", "lost-node", "two-of-three")
_TRIAL = 5400.0  # seconds: rebuilding two nodes takes its time under emulation


@pytest.fixture(scope="module")
def stored(cli: Cli, aolda: str) -> Iterator[str]:
    """The testbed `aolda` with Ceph; afterwards its machines go back to the network alone."""
    kept = {each["name"] for each in cli.json("checkpoint", "list", "--name", aolda)}
    if "storage" in kept:
        cli.must("checkpoint", "restore", "storage", "--name", aolda)
    else:
        cli.must("up", "aolda", "--name", aolda)
    yield aolda
    cli.must("checkpoint", "restore", "network", "--name", aolda)


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_does_what_it_says(cli: Cli, stored: str, lab: str) -> None:
    told = cli.must("lab", "prove", lab, "--brief", "--name", stored, timeout=_TRIAL)
    assert f"lab '{lab}' did what it says in a brief trial" in told
    assert cli.run("status", "--check", "--name", stored).returncode == 0
    assert cli.json("lab", "status", "--name", stored) is None
