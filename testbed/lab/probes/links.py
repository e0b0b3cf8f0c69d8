"""How a machine is connected: its routes, its bonds, its MTUs."""

import json
import re

from testbed.guest import Command, Script
from testbed.lab.format.probes import Bond, InterfaceMtu, Route
from testbed.lab.observation import Heard, Observation, Value, failed, judged, passed
from testbed.lab.probes.hearing import deaf, hear_all
from testbed.lab.world import World
from testbed.plan.models import Bond as Wanted
from testbed.probe import bonding
from testbed.topology.models import BondMode


def hear_route(probe: Route, world: World) -> Heard:
    look = Command(("ip", "-j", "-4", "route", "get", str(probe.to)))
    return hear_all(world, (probe.on,), lambda _: look, probe.timeout)


def read_route(probe: Route, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    told = heard[probe.on]
    wanted = "-" if probe.via is None else str(probe.via)
    values = {"machine": probe.on, "address": str(probe.to)}
    if told["status"] != 0:
        return failed("probe.route.none", **values, detail=told["last"])
    way = json.loads(told["out"])[0]
    seen = str(way.get("gateway", "-"))
    values |= {"seen": seen, "interface": str(way.get("dev", "?"))}
    if seen == "-" or wanted == "-":
        yes = "probe.route.direct"
        no = "probe.route.not_routed" if seen == "-" else "probe.route.not_direct"
        return judged(seen == wanted, yes, no, **values)
    return judged(seen == wanted, "probe.route.via", "probe.route.via_another", **values)


def hear_bond(probe: Bond, world: World) -> Heard:
    look = Script(f"cat /proc/net/bonding/{probe.bond} 2>/dev/null || true", sudo=True)
    return hear_all(world, probe.on, lambda _: look, probe.timeout)


def read_bond(probe: Bond, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    wanted = Wanted(probe.bond, "", probe.members, BondMode(probe.mode_is), 0)
    wrong = [machine for machine, told in heard.items() if not _bond_is(wanted, told["out"])]
    values = {"bond": probe.bond, "mode": probe.mode_is, "machines": ", ".join(heard)}
    detail = ", ".join(wrong)  # what ails them is for the learner to find
    return judged(not wrong, "probe.bond.pass", "probe.bond.fail", **values, detail=detail)


def _bond_is(wanted: Wanted, text: str) -> bool:
    return bool(text) and not any(bonding.problems(wanted, bonding.parse(text))) and _watches(text)


def _watches(text: str) -> bool:
    """Return whether the bond looks at its links at all, by carrier or by ARP."""
    found = re.findall(r"^(?:MII|ARP) Polling Interval \(ms\): (\d+)", text, flags=re.MULTILINE)
    return any(int(interval) > 0 for interval in found)


def hear_mtu(probe: InterfaceMtu, world: World) -> Heard:
    look = Script(f"cat /sys/class/net/{probe.interface}/mtu 2>/dev/null || true")
    return hear_all(world, probe.on, lambda _: look, probe.timeout)


def read_mtu(probe: InterfaceMtu, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    sizes = {machine: told["out"].strip() or "-" for machine, told in heard.items()}
    wrong = [f"{machine} {size}" for machine, size in sizes.items() if size != str(probe.mtu)]
    if wrong:
        return failed("probe.mtu.fail", interface=probe.interface, detail=", ".join(wrong))
    values: dict[str, Value] = {"mtu": probe.mtu, "machines": ", ".join(sizes)}
    return passed("probe.mtu.pass", interface=probe.interface, **values)
