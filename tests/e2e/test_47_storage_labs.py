"""Labs at the stage of the storage, each tried briefly; what is left out, `make prove` tries."""

import pytest
from conftest import Cli

pytestmark = pytest.mark.e2e

LABS = ("slow-storage",)
_TRIAL = 3600.0  # seconds


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_does_what_it_says(cli: Cli, ceph: str, lab: str) -> None:
    told = cli.must("lab", "prove", lab, "--brief", "--name", ceph, timeout=_TRIAL)
    assert f"lab '{lab}' did what it says in a brief trial" in told
    assert cli.run("status", "--check", "--name", ceph).returncode == 0
    assert cli.json("lab", "status", "--name", ceph) is None
