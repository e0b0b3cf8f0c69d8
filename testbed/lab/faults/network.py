"""Faults of interfaces and ports: both the running state and, where they last, the files."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from testbed.lab.faults import netplan
from testbed.lab.faults.actions import Action, FaultSteps, InGuest, RestartMachine, SetNetplan
from testbed.lab.format.faults import MtuChanged, Netem, NetplanChanged, PortVlans, WrongRoute
from testbed.plan.models import Machine, Plan, SwitchPort
from testbed.render.switch import switch_files

_GENERATE = "netplan generate"


def port_vlans(fault: PortVlans, plan: Plan) -> FaultSteps:
    """The port's table as the bridge has it, and as networkd reads it at boot."""
    switch = plan.machine(fault.switch)
    sound = next(port for port in switch.ports if port.name == fault.port)
    faulty = SwitchPort(fault.port, fault.tagged, fault.untagged)
    return FaultSteps(
        inject=(InGuest(fault.switch, _set_port(switch, sound, faulty, fault.persistent)),),
        manifested=(InGuest(fault.switch, _port_is(faulty)),),
        heal=(InGuest(fault.switch, _set_port(switch, faulty, sound, fault.persistent)),),
    )


def _set_port(switch: Machine, old: SwitchPort, new: SwitchPort, persistent: bool) -> str:
    lines = [f"bridge vlan del dev {old.name} vid {vid} || true" for vid in _gone(old, new)]
    lines += [f"bridge vlan add dev {new.name} vid {vid}" for vid in new.tagged]
    if new.untagged is not None:
        lines.append(f"bridge vlan add dev {new.name} vid {new.untagged} pvid untagged")
    return "\n".join((*_port_file(switch, new), *lines) if persistent else lines)


def _gone(old: SwitchPort, new: SwitchPort) -> list[int]:
    before = {*old.tagged, *((old.untagged,) if old.untagged is not None else ())}
    return sorted(before - {*new.tagged, new.untagged})


def _port_file(switch: Machine, new: SwitchPort) -> Iterator[str]:
    """Yield what writes the drop-in of a port, as the switch was told it in the beginning."""
    path = f"/etc/systemd/network/10-netplan-{new.name}.network.d/vlans.conf"
    ports = tuple(new if port.name == new.name else port for port in switch.ports)
    text = switch_files(replace(switch, ports=ports)).get(path)
    if text is None:
        yield f"rm -f {path}"
    else:
        yield f"mkdir -p {path.rpartition('/')[0]}"
        yield f"printf %s {shlex.quote(text)} >{path}"


def _port_is(port: SwitchPort) -> str:
    """The script that looks whether a port carries exactly this; `bridge` sorts by VLAN."""
    lines = {vid: f"{vid}" for vid in port.tagged}
    if port.untagged is not None:
        lines[port.untagged] = f"{port.untagged} PVID Egress Untagged"
    wanted = "\n".join(lines[vid] for vid in sorted(lines))
    words = f"tail -n +2 | sed 's/^{port.name}[[:space:]]*//;s/^[[:space:]]*//;s/[[:space:]]*$//'"
    return f'test "$(bridge vlan show dev {port.name} | {words})" = {shlex.quote(wanted)}'


def mtu(fault: MtuChanged, plan: Plan) -> FaultSteps:
    """Lowering an interface lowers the VLANs on it, which healing has to raise again."""
    network = netplan.planned(plan, fault.machine)
    section = netplan.section_of(network, fault.interface)
    change = {section: {fault.interface: {"mtu": fault.mtu}}}
    sound = int(network[section][fault.interface].get("mtu", 1500))
    mtus = {fault.interface: sound, **_on_top(plan.machine(fault.machine), fault.interface)}
    raise_all = "\n".join(f"ip link set {name} mtu {size}" for name, size in mtus.items())
    return _on_interface(
        fault.machine,
        network,
        change if fault.persistent else {},
        inject=f"ip link set {fault.interface} mtu {fault.mtu}",
        look=f'test "$(cat /sys/class/net/{fault.interface}/mtu)" = {fault.mtu}',
        heal=raise_all,
    )


def _on_top(machine: Machine, interface: str) -> Mapping[str, int]:
    return {i.name: i.mtu for i in machine.interfaces if i.tagged and i.parent == interface}


def route(fault: WrongRoute, plan: Plan) -> FaultSteps:
    """The route in the kernel, as networkd would set it, and in the interface's netplan."""
    network = netplan.planned(plan, fault.machine)
    section = netplan.section_of(network, fault.interface)
    entry = {"to": fault.to, "via": str(fault.via)}
    routes = [*network[section][fault.interface].get("routes", []), entry]
    change = {section: {fault.interface: {"routes": routes}}}
    words = f"{fault.to} via {fault.via} dev {fault.interface}"
    look = f"ip -4 route show {words} | grep -q ."
    return _on_interface(
        fault.machine,
        network,
        change if fault.persistent else {},
        # in front of a route to the same network, if there is one: replaced it could not be healed
        inject=f"{look} || ip route prepend {words} proto static",
        look=look,
        heal=f"ip route del {words} 2>/dev/null || true",
    )


def _on_interface(
    machine: str,
    network: netplan.Network,
    change: Mapping[str, Any],
    *,
    inject: str,
    look: str,
    heal: str,
) -> FaultSteps:
    """Return the steps of a change in the running state and, where given, in the netplan."""
    if not change:
        return FaultSteps(
            (InGuest(machine, inject),), (InGuest(machine, look),), (InGuest(machine, heal),)
        )
    undo = netplan.undoing(network, change)
    return FaultSteps(
        inject=(SetNetplan(machine, change), InGuest(machine, f"{_GENERATE}\n{inject}")),
        manifested=(SetNetplan(machine, change), InGuest(machine, look)),
        heal=(SetNetplan(machine, undo), InGuest(machine, f"{_GENERATE}\n{heal}")),
    )


def netem(fault: Netem) -> FaultSteps:
    """Delay and loss on the way out of an interface."""
    words = [
        *(("delay", f"{fault.delay_ms}ms") if fault.delay_ms else ()),
        *(("loss", f"{fault.loss_percent}%") if fault.loss_percent else ()),
    ]
    dev = f"dev {fault.interface}"
    return FaultSteps(
        inject=(InGuest(fault.machine, f"tc qdisc replace {dev} root netem {' '.join(words)}"),),
        manifested=(InGuest(fault.machine, f"tc qdisc show {dev} | grep -q netem"),),
        heal=(InGuest(fault.machine, f"tc qdisc del {dev} root 2>/dev/null || true"),),
    )


def netplan_changed(fault: NetplanChanged, plan: Plan) -> FaultSteps:
    """Another netplan, and a restart: a bond cannot change its mode while it is up."""
    restarts = tuple(RestartMachine(machine) for machine in fault.machines)
    changes = tuple(SetNetplan(machine, fault.set) for machine in fault.machines)
    undo: tuple[Action, ...] = tuple(
        SetNetplan(machine, netplan.undoing(netplan.planned(plan, machine), fault.set))
        for machine in fault.machines
    )
    return FaultSteps((*changes, *restarts), changes, (*undo, *restarts))
