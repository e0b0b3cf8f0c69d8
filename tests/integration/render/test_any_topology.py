"""Whatever topology can be built renders to what libvirt, netplan and nftables accept."""

import ipaddress
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import libnetplan
import libvirt
import pytest
import yaml
from any_topology import topologies
from hypothesis import HealthCheck, given, settings

from testbed.plan.decide import plan
from testbed.plan.models import Machine, Plan
from testbed.render.domain import Accelerator, Boot, domain_xml
from testbed.render.netplan import netplan
from testbed.render.router import nftables
from testbed.topology.models import Role, Topology
from testbed.topology.rules import check

NETPLAN = libnetplan.load()
NFT = shutil.which("nft", path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
BOOT = Boot(Path("/images/root.qcow2"), Path("/images/vmlinux"), None, "root=/dev/vda", "sha256:0")
EMPTY_HOST = """<node><memory>8192000</memory><cpu><mhz>1</mhz><model>any</model><active>1</active>
<nodes>1</nodes><sockets>1</sockets><cores>1</cores><threads>1</threads></cpu></node>"""

few = settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def planned(topology: Topology) -> Plan:
    folder = Path("/var/lib/testbed/any")
    return plan(topology, name="any", folder=folder, loopback="127.70.0.1")


@pytest.fixture
def hypervisor(tmp_path: Path) -> Iterator[libvirt.virConnect]:
    """libvirt's test driver, private to the test."""
    host = tmp_path / "host.xml"
    host.write_text(EMPTY_HOST)
    libvirt.registerErrorHandler(lambda *_: None, None)
    connection = libvirt.open(f"test://{host}")
    yield connection
    connection.close()


@few
@given(topologies())
def test_the_strategy_draws_topologies_that_break_no_rule(topology: Topology) -> None:
    assert list(check(topology)) == []


@few
@given(topology=topologies())
@pytest.mark.parametrize("accel", ["kvm", "qemu"])
def test_libvirt_accepts_every_domain(
    hypervisor: libvirt.virConnect, accel: Accelerator, topology: Topology
) -> None:
    everything = planned(topology)
    for machine in everything.machines:
        xml = domain_xml(everything, machine, boot=BOOT, accel=accel)
        domain = hypervisor.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
        domain.undefine()


needs_netplan = pytest.mark.skipif(NETPLAN is None, reason="needs libnetplan")


@few
@given(topology=topologies())
@needs_netplan
def test_netplan_accepts_every_network(
    tmp_path_factory: pytest.TempPathFactory, topology: Topology
) -> None:
    everything = planned(topology)
    config = tmp_path_factory.mktemp("netplan") / "50-cloud-init.yaml"
    config.touch(mode=0o600)
    for machine in everything.machines:
        config.write_text(netplan(everything, machine))
        assert libnetplan.complaint(NETPLAN, config) == ""


@needs_netplan
def test_netplan_refuses_what_is_wrong(tmp_path: Path) -> None:
    config = tmp_path / "wrong.yaml"
    config.write_text("network: {version: 2, bonds: {bond0: {interfaces: [eno1]}}}\n")
    assert "eno1" in libnetplan.complaint(NETPLAN, config)


@few
@given(topology=topologies())
@pytest.mark.skipif(NFT is None or os.geteuid() != 0, reason="needs nft, and root to ask it")
def test_nftables_accepts_every_ruleset(
    tmp_path_factory: pytest.TempPathFactory, topology: Topology
) -> None:
    everything = planned(topology)
    router = next(m for m in everything.machines if m.role is Role.ROUTER)
    rules = tmp_path_factory.mktemp("nft") / "nftables.conf"
    rules.write_text(nftables(everything, router))
    done = subprocess.run(
        [str(NFT), "--check", "--file", rules], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@few
@given(topologies())
def test_no_name_mac_port_or_address_is_given_twice(topology: Topology) -> None:
    everything = planned(topology)
    for what, values in identities(everything).items():
        assert sorted(set(values)) == sorted(values), what


def identities(everything: Plan) -> dict[str, list[str]]:
    """Return every identity of a plan, by kind; none may be there twice."""
    machines = everything.machines
    nics = [nic for machine in machines for nic in machine.nics]
    macs = [nic.mac for nic in nics] + [machine.oob.mac for machine in machines]
    macs += [bond.mac for machine in machines for bond in machine.bonds]
    macs += [machine.wan_mac for machine in machines if machine.wan_mac]
    addresses = [i.address for machine in machines for i in machine.interfaces if i.address]
    ports = [nic.local_port for nic in nics] + [machine.oob.ssh_port for machine in machines]
    return {
        "domain names": [machine.domain for machine in machines],
        "UUIDs": [str(machine.uuid) for machine in machines],
        "volumes": [volume for machine in machines for volume in volumes(machine)],
        "MACs": macs,
        "ports": [str(port) for port in ports],
        "addresses": [str(address.ip) for address in addresses],
    }


def volumes(machine: Machine) -> list[str]:
    return [machine.root, machine.seed, *(disk.volume for disk in machine.disks)]


@few
@given(topologies())
def test_every_interface_in_netplan_has_one_name_in_its_machine(topology: Topology) -> None:
    everything = planned(topology)
    for machine in everything.machines:
        network = yaml.safe_load(netplan(everything, machine))["network"]
        names = [
            name
            for section in ("ethernets", "bonds", "bridges", "vlans")
            for name in network.get(section, {})
        ]
        assert sorted(set(names)) == sorted(names)
        assert all(len(name) <= 15 for name in names)


@few
@given(topologies())
def test_every_route_leads_through_an_address_of_the_router(topology: Topology) -> None:
    everything = planned(topology)
    router = next(m for m in everything.machines if m.role is Role.ROUTER)
    served = {i.address.ip for i in router.interfaces if i.address}
    for machine in everything.machines:
        if machine.role is Role.ROUTER:
            continue
        network = yaml.safe_load(netplan(everything, machine))["network"]
        vias = [
            ipaddress.IPv4Address(route["via"])
            for section in ("ethernets", "bonds", "vlans")
            for settings_ in network.get(section, {}).values()
            for route in settings_.get("routes", [])
        ]
        assert vias == ([machine.gateway] if machine.gateway else [])
        assert set(vias) <= served
