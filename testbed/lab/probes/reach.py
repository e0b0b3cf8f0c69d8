"""Who answers whom: pings, ARP, TCP ports."""

import shlex
from importlib import resources

from testbed.guest import Command, Script
from testbed.lab.format.probes import Arp, Ping, Ports
from testbed.lab.observation import Heard, Observation, judged
from testbed.lab.probes.hearing import deaf, hear_all, listed
from testbed.lab.world import World

_CONNECT = 3.0  # seconds for one TCP connection; all are made at once


def hear_ping(probe: Ping, world: World) -> Heard:
    size = f"-M -b {probe.size} " if probe.size is not None else ""
    words = f"fping -q -a -r 2 -t 800 -i 5 {size}{_words(probe.to)} 2>/dev/null || true"
    return hear_all(world, (probe.source,), lambda _: Script(words, sudo=True), probe.timeout)


def read_ping(probe: Ping, heard: Heard) -> Observation:
    answered, silent = _answers(probe, heard)
    if unheard := deaf(heard):
        return unheard
    values = {"machine": probe.source, "answered": listed(answered), "silent": listed(silent)}
    if probe.expect == "silence":
        return judged(not answered, "probe.ping.quiet", "probe.ping.answered", **values)
    if probe.size is not None:
        values |= {"size": str(probe.size)}
        return judged(not silent, "probe.ping.large", "probe.ping.large_silent", **values)
    return judged(not silent, "probe.ping.answers", "probe.ping.silent", **values)


def hear_arp(probe: Arp, world: World) -> Heard:
    lines = [
        f"arping -q -c 2 -w 2 -I {probe.interface} {address} 2>/dev/null && echo {address} &"
        for address in probe.to
    ]
    look = Script("\n".join((*lines, "wait", "true")), sudo=True)
    return hear_all(world, (probe.source,), lambda _: look, probe.timeout)


def read_arp(probe: Arp, heard: Heard) -> Observation:
    answered, silent = _answers(probe, heard)
    if unheard := deaf(heard):
        return unheard
    values = {
        "machine": probe.source,
        "interface": probe.interface,
        "answered": listed(answered),
        "silent": listed(silent),
    }
    if probe.expect == "silence":
        return judged(not answered, "probe.arp.quiet", "probe.arp.answered", **values)
    return judged(not silent, "probe.arp.answers", "probe.arp.silent", **values)


def _answers(probe: Ping | Arp, heard: Heard) -> tuple[list[str], list[str]]:
    told = set(heard[probe.source].get("out", "").split())
    addresses = [str(address) for address in probe.to]
    return [a for a in addresses if a in told], [a for a in addresses if a not in told]


def hear_ports(probe: Ports, world: World) -> Heard:
    program = (resources.files("testbed.lab.probes") / "connect.py.txt").read_text(encoding="utf-8")
    pairs = [f"{address}:{port}" for address in probe.to for port in probe.ports]
    argv = ("python3", "-ISc", program, str(_CONNECT), *pairs)
    return hear_all(world, (probe.source,), lambda _: Command(argv), probe.timeout)


def read_ports(probe: Ports, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    told = set(heard[probe.source].get("out", "").split())
    pairs = [f"{address}:{port}" for address in probe.to for port in probe.ports]
    is_open = [pair for pair in pairs if pair in told]
    closed = [pair for pair in pairs if pair not in told]
    values = {"machine": probe.source, "open": listed(is_open), "closed": listed(closed)}
    if probe.expect == "closed":
        return judged(not is_open, "probe.ports.closed", "probe.ports.still_open", **values)
    return judged(not closed, "probe.ports.open", "probe.ports.not_open", **values)


def _words(addresses: tuple[object, ...]) -> str:
    return " ".join(shlex.quote(str(address)) for address in addresses)
