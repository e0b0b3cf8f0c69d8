"""How faults are made and undone: decided from the plan, nothing is run but shell on files."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from testbed.errors import LabError
from testbed.lab.faults import (
    InGuest,
    RestartMachine,
    SetCable,
    SetNetplan,
    SetPower,
    UnwipeDisk,
    WipeDisk,
    actions,
    netplan,
    services,
    steps,
)
from testbed.lab.format import Fault
from testbed.plan.decide import plan
from testbed.render.netplan import netplan as rendered
from testbed.render.router import nftables
from testbed.topology.shipped import find

PLAN = plan(find("aolda"), name="lab", folder=Path("/x"), loopback="127.77.0.1")
ALL = [
    {"type": "cable", "end": "node1:eno1"},
    {"type": "power", "machines": ["node2", "sw1"]},
    {"type": "port-vlans", "switch": "sw1", "port": "node3", "tagged": [10, 30, 40]},
    {"type": "mtu", "machine": "node3", "interface": "vlan-storage", "mtu": 1500},
    {"type": "mtu", "machine": "sw1", "interface": "node3", "mtu": 1500, "persistent": False},
    {
        "type": "route",
        "machine": "router",
        "to": "10.0.10.12/32",
        "via": "10.0.40.99",
        "interface": "vlan-provider",
    },
    {
        "type": "firewall",
        "machine": "router",
        "chain": "forward",
        "rule": "ip daddr 10.0.50.12 drop",
    },
    {"type": "netem", "machine": "node1", "interface": "bond0", "delay_ms": 20, "loss_percent": 5},
    {"type": "netplan", "machines": ["node1"], "set": {"bonds": {"bond0": {"parameters": None}}}},
    {"type": "service", "machine": "node1", "unit": "ceph-osd@0.service", "disabled": True},
    {"type": "disk", "machine": "node1", "serial": "osd1", "unit": "ceph-osd@0.service"},
    {
        "type": "ceph",
        "on": "node1",
        "do": ["osd", "set", "noout"],
        "undo": ["osd", "unset", "noout"],
    },
    {
        "type": "script",
        "machine": "node1",
        "inject": "faults/01.sh",
        "manifested": "faults/02.sh",
        "heal": "faults/03.sh",
    },
]
SCRIPTS = {f"faults/0{n}.sh": f"echo {n}" for n in (1, 2, 3)}
every = pytest.mark.parametrize("text", ALL, ids=lambda text: text["type"])


def made(text: dict, plan_=PLAN):
    fault = TypeAdapter(Fault).validate_python({"id": "mistyped-hop", **text})
    return steps(fault, plan_, SCRIPTS)


def texts(acts) -> list[str]:
    return [act.text for act in acts if isinstance(act, InGuest)]


@every
def test_what_undoes_a_fault_can_be_written_down_and_read_again(text: dict):
    heal = made(text).heal
    assert heal
    assert actions.read(json.loads(json.dumps(actions.written(heal)))) == heal


@every
def test_nothing_that_is_done_names_the_fault(text: dict):
    found = made(text)
    assert "mistyped-hop" not in json.dumps(actions.written((*found.inject, *found.manifested)))


@every
def test_every_script_is_one_a_shell_can_read(text: dict):
    found = made(text)
    for script in texts((*found.inject, *found.manifested, *found.heal)):
        assert subprocess.run(["sh", "-n"], input=script.encode(), check=False).returncode == 0


@pytest.mark.parametrize("record", [{}, {"do": "Nothing"}, {"do": "SetCable", "end": "a:b"}])
def test_what_is_no_action_is_refused(record: dict):
    with pytest.raises(ValueError, match="no action"):
        actions.read([record])


def test_a_pulled_cable_is_plugged_in():
    found = made(ALL[0])
    assert (found.inject, found.heal) == (
        (SetCable("node1:eno1", up=False),),
        (SetCable("node1:eno1", up=True),),
    )


def test_machines_that_lost_power_are_switched_on():
    assert made(ALL[1]).heal == (SetPower("node2", on=True), SetPower("sw1", on=True))


def test_a_port_changes_in_the_bridge_and_in_the_file_it_boots_with():
    found = made(ALL[2])
    (script,) = texts(found.inject)
    assert "printf %s '[BridgeVLAN]\nVLAN=10\nVLAN=30\nVLAN=40\n' >" in script
    assert "10-netplan-node3.network.d/vlans.conf" in script
    assert "bridge vlan del dev node3 vid 20 || true" in script
    (heal,) = texts(found.heal)
    assert "VLAN=10\nVLAN=20\nVLAN=30\nVLAN=40\n" in heal
    assert "bridge vlan add dev node3 vid 20" in heal and "vlan del" not in heal


def test_a_port_that_carries_nothing_has_no_file():
    (script,) = texts(made({**ALL[2], "tagged": []}).inject)
    assert script.startswith("rm -f /etc/systemd/network/10-netplan-node3.network.d/vlans.conf")
    assert [f"vid {n}" in script for n in (10, 20, 30, 40)] == [True] * 4


def test_a_port_may_carry_one_vlan_untagged():
    (script,) = texts(made({**ALL[2], "tagged": [10], "untagged": 20}).inject)
    assert "PVID=20\nEgressUntagged=20\n" in script
    assert "bridge vlan add dev node3 vid 20 pvid untagged" in script


BRIDGE_SAYS = (
    "port              vlan-id  \nnode3             10\n                  20 PVID Egress Untagged\n"
)


@pytest.mark.parametrize(("says", "holds"), [(BRIDGE_SAYS, True), (BRIDGE_SAYS[:50], False)])
def test_a_ports_table_is_read_as_bridge_prints_it(tmp_path: Path, says: str, holds: bool):
    bridge = tmp_path / "bridge"
    bridge.write_text(f"#!/bin/sh\ncat <<'EOF'\n{says}EOF\n")
    bridge.chmod(0o755)
    (look,) = texts(made({**ALL[2], "tagged": [10], "untagged": 20}).manifested)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert (subprocess.run(["sh", "-euc", look], env=path, check=False).returncode == 0) is holds


def test_a_lowered_interface_takes_its_vlans_down_and_up_again():
    text = {"type": "mtu", "machine": "node3", "interface": "bond0", "mtu": 1500}
    (heal,) = texts(made(text).heal)
    assert heal.splitlines()[1:3] == [
        "ip link set bond0 mtu 9000",
        "ip link set vlan-mgmt mtu 1500",
    ]
    assert "ip link set vlan-storage mtu 9000" in heal


def test_what_does_not_last_touches_no_file():
    found = made(ALL[4])
    assert texts(found.inject) == ["ip link set node3 mtu 1500"]
    assert texts(found.heal) == ["ip link set node3 mtu 9000"]
    assert len(found.inject) == len(found.heal) == 1


def test_a_wrong_route_stands_in_the_kernel_and_in_the_netplan():
    found = made(ALL[5])
    change = found.inject[0]
    assert change == SetNetplan(
        "router",
        {"vlans": {"vlan-provider": {"routes": [{"to": "10.0.10.12/32", "via": "10.0.40.99"}]}}},
    )
    assert (
        "ip route prepend 10.0.10.12/32 via 10.0.40.99 dev vlan-provider" in texts(found.inject)[0]
    )


def test_a_wrong_route_leaves_the_default_route_alone():
    text = {**ALL[5], "machine": "node1", "interface": "vlan-mgmt"}
    routes = made(text).inject[0].network["vlans"]["vlan-mgmt"]["routes"]
    assert routes[0] == {"to": "default", "via": "10.0.10.1"}


PERSISTENT = [text for text in ALL if text["type"] in ("mtu", "route", "netplan")]


@pytest.mark.parametrize("text", PERSISTENT[:1] + PERSISTENT[2:], ids=lambda text: text["type"])
def test_a_changed_netplan_is_undone_and_twice_is_fine(text: dict):
    found = made(text)
    change = next(act for act in found.inject if isinstance(act, SetNetplan))
    undo = next(act for act in found.heal if isinstance(act, SetNetplan))
    planned = rendered(PLAN, PLAN.machine(change.machine))
    broken = netplan.changed_text(planned, change.network)
    assert netplan.already(broken, change.network) and not netplan.already(planned, change.network)
    assert netplan.already(planned, undo.network)
    for _ in range(2):
        broken = netplan.changed_text(broken, undo.network)
        assert yaml.safe_load(broken) == yaml.safe_load(planned)


def test_a_changed_netplan_reads_as_the_old_one_but_for_the_change():
    planned = rendered(PLAN, PLAN.machine("node1"))
    text = netplan.changed_text(f"# by hand\n{planned}", {"bonds": {"bond0": {"parameters": None}}})
    lost = [line for line in planned.splitlines() if line not in text.splitlines()]
    assert lost == [
        "      parameters: {mode: active-backup, mii-monitor-interval: 100, primary: eno1}"
    ]
    assert text.startswith("# by hand\nnetwork:\n")


def test_changes_of_others_stay_when_a_netplan_is_healed():
    mine = made(PERSISTENT[0])
    text = rendered(PLAN, PLAN.machine("node3"))
    text = netplan.changed_text(text, mine.inject[0].network)
    text = netplan.changed_text(text, {"vlans": {"vlan-mgmt": {"mtu": 1400}}})
    healed = yaml.safe_load(netplan.changed_text(text, mine.heal[0].network))["network"]
    assert healed["vlans"]["vlan-mgmt"]["mtu"] == 1400
    assert healed["vlans"]["vlan-storage"]["mtu"] == 9000


def test_another_netplan_needs_a_restart_of_each_machine_after_all_files():
    found = made({**ALL[8], "machines": ["node1", "node2"]})
    kinds = [type(act) for act in found.inject]
    assert kinds == [SetNetplan, SetNetplan, RestartMachine, RestartMachine]
    assert [type(act) for act in found.heal] == kinds


def run_on_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> str:
    """Run parts of a firewall fault on a file, with an `nft` that agrees to everything."""
    rules = tmp_path / "nftables.conf"
    monkeypatch.setattr(services, "_RULES", str(rules))
    (tmp_path / "nft").write_text("#!/bin/sh\necho ip daddr 10.0.50.12 drop\n")
    (tmp_path / "nft").chmod(0o755)
    rules.write_text(nftables(PLAN, PLAN.machine("router")))
    found = made(ALL[6])
    for name in names:
        for script in texts(getattr(found, name)):
            path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
            subprocess.run(["sh", "-euc", script], env=path, check=True)
    return rules.read_text()


def test_a_rule_stands_before_all_others_of_its_chain_and_once(tmp_path: Path, monkeypatch):
    text = run_on_rules(tmp_path, monkeypatch, "inject", "inject", "manifested")
    lines = text.splitlines()
    place = lines.index("        ip daddr 10.0.50.12 drop")
    assert "hook forward priority" in lines[place - 1]
    assert lines[place - 2].strip() == "chain forward {"
    assert text.count("10.0.50.12") == 1  # and not in the table for IPv6


def test_a_rule_that_counts_is_found_whatever_it_has_counted(tmp_path: Path):
    (tmp_path / "nft").write_text(
        "#!/bin/sh\n"
        '[ "$1" = -s ] && echo ip daddr 10.0.50.12 counter drop && exit\n'
        "echo ip daddr 10.0.50.12 counter packets 3 bytes 252 drop\n"
    )
    (tmp_path / "nft").chmod(0o755)
    counting = {**ALL[6], "rule": "ip daddr 10.0.50.12 counter drop", "persistent": False}
    for script in texts(made(counting).manifested):
        path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        assert subprocess.run(["sh", "-euc", script], env=path, check=False).returncode == 0


def test_a_healed_ruleset_is_the_planned_one(tmp_path: Path, monkeypatch):
    text = run_on_rules(tmp_path, monkeypatch, "inject", "heal", "heal")
    assert text == nftables(PLAN, PLAN.machine("router"))


def test_a_disabled_service_is_enabled_before_it_is_started():
    (heal,) = texts(made(ALL[9]).heal)
    assert [line.split()[1] for line in heal.splitlines()] == ["enable", "reset-failed", "start"]


def test_a_wiped_disk_is_written_back_before_its_service_starts():
    found = made(ALL[10])
    assert found.inject[1] == found.manifested[0] == WipeDisk("node1", "osd1")
    assert found.heal[0] == UnwipeDisk("node1", "osd1")


def test_a_ceph_command_does_not_wait_for_ever():
    assert texts(made(ALL[11]).inject) == ["ceph --connect-timeout 20 osd set noout"]


def test_a_missing_script_is_the_labs_error():
    fault = TypeAdapter(Fault).validate_python({"id": "x", **ALL[12]})
    with pytest.raises(LabError, match="fault 'x' cannot be made"):
        steps(fault, PLAN)
