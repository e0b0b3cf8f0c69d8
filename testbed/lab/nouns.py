"""What the parts of a lab are called, must be and look like: for sentences about their shape."""

import ipaddress
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from testbed.lab.format import faults, lab, moves, probes, sentinels
from testbed.lab.places import bare, is_part, tagged
from testbed.lab.text_models import ObjectiveText, TextFile
from testbed.topology.words import listed

_FAMILIES = {
    faults.__name__: "a fault",
    probes.__name__: "a probe",
    sentinels.__name__: "a sentinel",
}
_NOUNS: dict[type[BaseModel], str] = {
    lab.Hint: "a hint",
    lab.Lab: "a lab",
    lab.Objective: "an objective",
    lab.Safeguard: "a safeguard",
    lab.Solution: "a solution",
    lab.Symptom: "a symptom",
    lab.WrongFix: "a wrong fix",
    moves.Move: "a move",
    moves.Perturbation: "a perturbation",
    ObjectiveText: "an objective's text",
    TextFile: "a text file",
}
_MAPPING = "a mapping of keys and values"
_WANTED = {
    bool: "true or false",
    dict: _MAPPING,
    float: "a number",
    int: "a whole number",
    ipaddress.IPv4Address: "an IPv4 address",
    Mapping: _MAPPING,
    str: "text",
    tuple: "a list",
}
PATTERNS = {  # pattern: what the text was to be, and what that looks like
    r"^[a-z][a-z0-9-]*$": (
        "an id or a machine's name",
        "it starts with a lower-case letter; then lower-case letters, digits and '-'",
    ),
    r"^[a-z][a-z0-9_-]*$": (
        "the name of an interface or a pool",
        "it starts with a lower-case letter; then lower-case letters, digits, '-' and '_'",
    ),
    r"^[a-z][a-z0-9-]*:[a-z][a-z0-9_-]*$": (
        "an end of a cable",
        "an end of a cable is MACHINE:NIC, such as node1:eno1",
    ),
    r"^[a-z0-9_-]+/[a-z0-9-]+\.sh$": (
        "a script of a lab",
        "a script is FOLDER/NAME.sh below the lab's folder, such as solutions/01-route.sh",
    ),
    r"^[0-9.]+/[0-9]+$": ("a network", "a network is ADDRESS/LENGTH, such as 10.0.20.0/24"),
}
_EXAMPLES = {
    "after": "[silent-service]",
    "api": "lab/v1",
    "bond": "bond0",
    "but_for": "[OSD_DOWN]",
    "cable": "node1:eno1",
    "chain": "forward",
    "concepts": "[routes]",
    "count": "16",
    "delay_ms": "200",
    "disabled": "true",
    "do": "[osd, set, noout]",
    "during": "[nodes-reach-each-other]",
    "end": "node1:eno1",
    "expect": "silence",
    "failure_domain": "host",
    "faults": "[{id: no-light, type: cable, end: node1:eno1}]",
    "for": "10",
    "from": "node1",
    "heal": "faults/01-heal.sh",
    "hints": "[{id: where, rung: look, for: reachable}]",
    "hosts": "3",
    "id": "reachable",
    "incident": "[R02]",
    "inject": "faults/01-break.sh",
    "interface": "eno1",
    "kind": "repair",
    "level": "1",
    "look": "where the packets stop",
    "loss_percent": "20",
    "machine": "node1",
    "machines": "[node1, node2]",
    "manifested": "faults/01-look.sh",
    "members": "[eno1, eno2]",
    "min_size": "2",
    "minutes": "15",
    "mode": "converge",
    "mode_is": "active-backup",
    "moves": "[{run: solutions/01-route.sh, on: [router]}]",
    "mtu": "1500",
    "objectives": "[{id: reachable, tier: resolved, probes: [nodes-answer]}]",
    "on": "[node1]",
    "perturb": "[{reboot: router}]",
    "persistence": "20",
    "persistent": "true",
    "plug": "node1:eno1",
    "pool": "volumes",
    "port": "node1",
    "ports": "[22]",
    "power": "sw1",
    "power_off": "node1",
    "power_on": "node1",
    "probe": "nodes-answer",
    "probes": "{nodes-answer: {type: ping, from: node1, to: [10.0.10.12]}}",
    "pull": "node1:eno1",
    "reaches": "resolved",
    "reboot": "router",
    "rejected_by": "[reachable]",
    "restart": "node1",
    "rule": "ip daddr 10.0.50.12 drop",
    "run": "solutions/01-route.sh",
    "rung": "look",
    "safeguards": "[{id: data, severity: catastrophic, sentinels: [objects]}]",
    "sentinel": "counter",
    "sentinels": "{objects: {type: objects, from: node1, pool: volumes}}",
    "serial": "osd1",
    "set": "{vlans: {vlan-storage: {mtu: 1500}}}",
    "severity": "recoverable",
    "size": "8972",
    "solutions": "[{id: route, reaches: resolved, moves: [{restart: router}]}]",
    "stage": "network",
    "stalled_below": "10",
    "steady_state": "[nodes-answer]",
    "summary": "one machine answers nobody",
    "switch": "sw1",
    "symptoms": "[{probe: nodes-answer}]",
    "tagged": "[10, 20]",
    "tier": "resolved",
    "timeout": "15",
    "title": "The service that went silent",
    "to": "[10.0.10.12]",
    "topology": "aolda",
    "true_before": "the other bond still carries it",
    "type": "ping",
    "undo": "[osd, unset, noout]",
    "unit": "ssh.service",
    "untagged": "10",
    "up": "3",
    "via": "10.0.10.1",
    "why": "users cannot work without it",
    "within": "60",
    "wrong_fixes": "[{id: restart, moves: [{restart: router}], rejected_by: [reachable]}]",
}
_OTHERWISE: dict[tuple[type[BaseModel], str], str] = {
    (faults.CephSetting, "on"): "node1",
    (faults.WrongRoute, "to"): "10.0.20.0/24",
    (lab.Hint, "for"): "reachable",
    (lab.Objective, "probes"): "[nodes-answer]",
    (lab.Safeguard, "probes"): "[nodes-answer]",
    (lab.Safeguard, "sentinels"): "[objects]",
    (probes.CephPools, "size"): "3",
    (probes.CephQuorum, "members"): "[node1, node2, node3]",
    (probes.Route, "on"): "node1",
    (probes.Route, "to"): "10.0.20.11",
    (probes.Shown, "run"): "test -e /etc/netplan/01-testbed.yaml",
    (sentinels.Objects, "size"): "65536",
    (TextFile, "hints"): "{where: Look at the routes of the router.}",
    (TextFile, "objectives"): "{reachable: {title: All answer, why: They work, look: The router}}",
    (TextFile, "safeguards"): "{data: No object is lost}",
    (TextFile, "solutions"): "{route: Remove the route}",
    (TextFile, "symptoms"): "{nodes-answer: Nobody can reach the service.}",
    (TextFile, "wrong_fixes"): "{restart: It helps with many things.}",
}


def noun(kind: Any) -> str:
    """Return what a part is called: "a lab", "a probe of type 'ping'"."""
    kind = bare(kind)
    if kinds := tagged(kind):
        return _FAMILIES[next(iter(kinds.values())).__module__]
    if is_part(kind) and kind.__module__ in _FAMILIES:
        (tag,) = get_args(kind.model_fields["type"].annotation)
        return f"{_FAMILIES[kind.__module__]} of type '{tag}'"
    return _NOUNS.get(kind, "this")


def wanted(kind: Any) -> str:
    """Return what a value of this kind must be: "a whole number", "a list"."""
    kind = bare(kind)
    if get_origin(kind) is Literal:
        return listed((str(choice) for choice in get_args(kind)), "or")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return listed((str(choice) for choice in kind), "or")
    if is_part(kind) or tagged(kind):
        return _MAPPING
    return _WANTED.get(get_origin(kind) or kind, "something else")


def example(owner: type[BaseModel], key: str) -> str:
    """Return a line that shows the key of a part with a value."""
    if key == "type" and owner.__module__ in _FAMILIES:
        return f"type: {get_args(owner.model_fields['type'].annotation)[0]}"
    return f"{key}: {_OTHERWISE.get((owner, key)) or _EXAMPLES[key]}"
