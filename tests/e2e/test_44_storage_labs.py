"""Labs at the stage of the storage, each tried briefly; what is left out, `make prove` tries."""

import pytest
from conftest import Cli, try_briefly

pytestmark = pytest.mark.e2e


@pytest.mark.minutes(12)
@pytest.mark.parametrize("lab", ["slow-storage", "lost-node", "two-of-three"])
def test_a_lab_does_what_it_says(cli: Cli, ceph: str, lab: str) -> None:
    try_briefly(cli, ceph, lab)
