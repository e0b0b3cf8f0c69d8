"""What Ansible reads in the inventory, and what kolla-ansible's playbooks look for in it."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from any_cloud import clouds
from clouds import planned
from hypothesis import HealthCheck, given, settings
from offline import BIN, SHARE

from testbed.deploy.kolla.inventory import inventory
from testbed.plan.decide import plan
from testbed.topology.models import Topology
from testbed.topology.rules import check

MADE_WHEN_RUN = re.compile(
    r"(enable|kolla_action|all_using_limit|.*_running|.*_(re)?start|\w+_boot)_?.*"
)
few = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read(path: Path) -> InventoryManager:
    return InventoryManager(loader=DataLoader(), sources=[str(path)])


def read_text(text: str, folder: Path) -> InventoryManager:
    path = folder / "inventory"
    path.write_text(text)
    return read(path)


def children(found: InventoryManager) -> dict[str, set[str]]:
    return {
        name: {child.name for child in group.child_groups}
        for name, group in found.groups.items()
        if name not in {"all", "ungrouped"}
    }


def looked_for() -> Iterator[str]:
    """Yield the groups that kolla-ansible's playbooks name, but those they make themselves."""
    for playbook in (SHARE / "ansible").glob("*.yml"):
        for play in yaml.safe_load(playbook.read_text()):
            hosts: Any = play.get("hosts", [])
            for name in [hosts] if isinstance(hosts, str) else hosts:
                name = name.strip("&!")
                if not MADE_WHEN_RUN.fullmatch(name) and "{" not in name:
                    yield name


def test_groups_are_those_of_kolla_ansibles_own_example(tmp_path: Path) -> None:
    cloud = planned().cloud
    assert cloud
    ours = children(read_text(inventory(cloud, "lab"), tmp_path))
    assert ours == children(read(SHARE / "ansible" / "inventory" / "multinode"))


@few
@given(clouds())
def test_the_strategy_draws_topologies_that_break_no_rule(topology: Topology) -> None:
    assert list(check(topology)) == []


@few
@given(topology=clouds())
def test_any_cloud_has_every_group_that_is_looked_for(topology: Topology, tmp_path: Path) -> None:
    cloud = plan(topology, name="any", folder=Path("/any"), loopback="127.70.0.1").cloud
    assert cloud
    found = read_text(inventory(cloud, "any"), tmp_path)
    assert {*looked_for()} - {"all", "localhost"} <= found.groups.keys()
    nodes = [node.machine for node in cloud.nodes]
    assert sorted(host.name for host in found.get_hosts()) == sorted(nodes)
    for group, members in {"control": cloud.controllers, "compute": cloud.nodes}.items():
        assert found.get_groups_dict()[group] == [node.machine for node in members]
    for node in cloud.nodes:
        own = found.get_host(node.machine).get_vars()
        assert own["network_interface"] == node.api_interface
        assert own["tunnel_interface"] == node.tunnel_interface
        assert own["neutron_external_interface"] == node.provider_interface


def test_the_playbooks_look_for_more_than_a_few_groups() -> None:
    assert len({*looked_for()}) > 60
    assert {"loadbalancer", "baremetal", "localhost"} <= {*looked_for()}


@pytest.mark.parametrize("word", ["inventory", "in a-folder"])
def test_ansible_goes_through_the_ssh_config_beside_the_inventory(
    tmp_path: Path, word: str
) -> None:
    folder = tmp_path / word
    folder.mkdir()
    cloud = planned().cloud
    assert cloud
    (folder / "inventory").write_text(inventory(cloud, "lab"))
    fake = tmp_path / "bin" / "ssh"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{tmp_path}/argv"\n')
    fake.chmod(0o755)
    subprocess.run(
        [BIN / "ansible", "-i", folder / "inventory", "node2", "-m", "raw", "-a", "true"],
        env=os.environ | {"PATH": f"{fake.parent}:{BIN}:{os.environ['PATH']}"},
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    argv = (tmp_path / "argv").read_text().splitlines()
    assert argv[argv.index("-F") + 1] == str(folder / "ssh_config")
    assert "node2" in argv
