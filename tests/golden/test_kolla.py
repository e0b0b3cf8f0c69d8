"""Every file of OpenStack on aolda, to the letter; `--update-golden` rewrites them."""

from pathlib import Path

from testbed.deploy import kolla
from testbed.plan.decide import plan
from testbed.topology.models import Topology
from testbed.topology.shipped import find

EXPECTED = Path(__file__).parent / "kolla"
KEYS = {"client.glance": "GLANCES-KEY==", "client.cinder": "CINDERS-KEY=="}
SSH_CONFIG = "Host node1\n  Port 2203\n"


def rendered() -> dict[str, str]:
    values = find("aolda").model_dump(mode="json") | {"cloud": {"provider": "kolla"}}
    made = plan(
        Topology.model_validate(values), name="aolda", folder=Path("/lab"), loopback="127.77.0.1"
    )
    assert made.cloud and made.storage
    return dict(kolla.files(made, made.cloud, made.storage, keys=KEYS, ssh_config=SSH_CONFIG))


def test_openstack_on_aolda_is_deployed_with_these_files(update_golden: bool) -> None:
    seen = rendered()
    if update_golden:
        for name, text in seen.items():
            (EXPECTED / name).parent.mkdir(parents=True, exist_ok=True)
            (EXPECTED / name).write_text(text)
    there = {str(p.relative_to(EXPECTED)) for p in EXPECTED.rglob("*") if p.is_file()}
    assert there == set(seen), "see --update-golden"
    for name, text in seen.items():
        assert text == (EXPECTED / name).read_text(), name
