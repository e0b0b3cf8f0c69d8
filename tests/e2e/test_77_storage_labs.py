"""Labs at the stage of the storage, each tried briefly; what is left out, `make prove` tries.

They come last, so that minutes which are short are theirs: each of them has been proven before.
"""

import pytest
from conftest import Cli, try_briefly


@pytest.fixture(scope="module")
def awake(cli: Cli, stored: str) -> None:
    """Wake the testbed that slept while others were tried."""
    cli.must("resume", "--name", stored)


pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("awake")]


@pytest.mark.minutes(14)
@pytest.mark.parametrize("lab", ["slow-storage", "lost-node", "two-of-three"])
def test_a_lab_does_what_it_says(cli: Cli, ceph: str, lab: str) -> None:
    try_briefly(cli, ceph, lab)
