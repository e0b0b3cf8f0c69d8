"""What kolla-ansible's own prechecks say of the files, as far as they need no machine."""

from collections.abc import Callable

import pytest
from clouds import of_one_node, planned
from deployment import Deployment

from testbed.deploy.kolla.commands import commands
from testbed.plan.models import Plan

Deploy = Callable[[Plan], Deployment]
ROLE_PRECHECKS = ("-t", "untagged")
ASSERTED = {
    "Check if cinder_cluster_name is configured for HA configurations",
    "Checking Ansible version",
    "Checking host OS release or version",
    "Checking loadbalancer group",
    "Checking tenant network types",
    "Checking the api_interface ip address configuration",
    "Checking the api_interface is active",
}


def options(plan: Plan) -> tuple[str, ...]:
    """Return what `commands.sh` gives to prechecks besides its files."""
    assert plan.cloud
    (text,) = (each.text for each in commands(plan.cloud) if each.name == "prechecks")
    return tuple(word for word in text.split() if word == "--use-test-images")


def test_nothing_that_can_be_checked_without_machines_is_refused(deploy: Deploy) -> None:
    plan = planned()
    done = deploy(plan).run("prechecks", *options(plan))
    assert done.status == 0, done.text
    assert done.looked_at() >= ASSERTED


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"enable_valkey": False}, "Please enable valkey or etcd when using Cinder Ceph backend"),
        ({"cinder_cluster_name": ""}, "cinder_cluster_name is not set"),
    ],
    ids=["valkey", "cluster-name"],
)
def test_settings_that_seem_needless_are_demanded(
    deploy: Deploy, changed: dict[str, object], refusal: str
) -> None:
    done = deploy(planned()).run("prechecks", "-t", "cinder", **changed)
    assert done.status != 0
    assert refusal in done.text


def test_an_interface_without_an_address_is_refused(deploy: Deploy) -> None:
    plan = planned()
    changed = {"network_interface": "vlan-provider"}
    done = deploy(plan).run("prechecks", *options(plan), *ROLE_PRECHECKS, **changed)
    assert done.status != 0
    assert "Address family 'ipv4' undefined on interface 'vlan-provider'" in done.text


def test_a_cloud_of_one_node_is_not_taken_for_several(deploy: Deploy) -> None:
    done = deploy(of_one_node()).run("prechecks", "-t", "cinder")
    assert done.status == 0, done.text
    asserted = "Check if cinder_cluster_name is configured and configuration is non-HA"
    assert asserted in done.looked_at()


def test_only_images_of_the_public_registry_need_a_word_about_trying(deploy: Deploy) -> None:
    plan = planned(registry="registry.example:5000/aolda")
    assert options(plan) == ()
    folder = deploy(plan)
    assert folder.run("prechecks", *ROLE_PRECHECKS).status == 0
    (folder.folder / "globals.yml").write_text("kolla_base_distro: debian\n")
    refused = folder.run("prechecks", *ROLE_PRECHECKS)
    assert refused.status != 0
    assert "--use-test-images" in refused.text


def test_nodes_of_a_debian_it_does_not_know_are_refused(deploy: Deploy) -> None:
    """Debian 13 is what decides the release of kolla-ansible: the nodes' image is of it."""
    plan = planned()
    folder = deploy(plan)
    for facts in (folder.folder / "facts").iterdir():
        facts.write_text(facts.read_text().replace("trixie", "forky").replace('"13"', '"14"'))
    done = folder.run("prechecks", *options(plan), *ROLE_PRECHECKS)
    assert done.status != 0
    assert "is not supported" in done.text
