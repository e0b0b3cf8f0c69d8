"""Values → `Topology`, with every refusal of pydantic told in our words."""

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from testbed.errors import Problem
from testbed.topology.document import WHOLE_FILE, inside
from testbed.topology.fields import (
    ADDRESS,
    ENTRIES,
    KINDS,
    NAMES,
    NIC_NAME,
    OTHER_CHOICES,
    OTHER_WORDS,
    SECTIONS,
    SIZES,
    WHOLE,
    Loc,
    is_attachment,
    is_part,
    kind_at,
    wanted_at,
)
from testbed.topology.models import Topology
from testbed.topology.words import found, listed, near, quoted

_NAMES_OF_VLANS = {
    "access", "gateway", "source", "vlan", "cluster_vlan", "tunnel_vlan", "provider_vlan",
}  # fmt: skip
Told = tuple[str, str]  # what is wrong, and a hint


def build(data: Any) -> Topology | tuple[Problem, ...]:
    """Return the topology the values describe, or the problems of their shape."""
    try:
        # strict JSON: text becomes addresses and roles, but "10" never becomes 10
        return Topology.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        return tuple(_problem(detail) for detail in error.errors(include_url=False))


def _problem(detail: ErrorDetails) -> Problem:
    loc = tuple(step for step in detail["loc"] if step != "[key]")
    what, hint = TOLD.get(detail["type"], _anything_else)(loc, detail)
    place = loc[:-1] if detail["type"] == "missing" else loc  # what lacks it has a line
    return Problem(_dotted(place), what, hint)


def _dotted(loc: Loc) -> str:
    where = ""
    for step in loc:
        where = inside(where, step)
    return where or WHOLE_FILE


def _subject(loc: Loc) -> str:
    """Return how the value at `loc` is called at the start of a sentence."""
    last = loc[-1] if loc else ""
    if not loc:
        return "a topology"
    if is_attachment(loc):
        return f"the address in VLAN {quoted(str(last))}"
    if is_part(loc):
        return KINDS[str(loc[-2])].noun
    if isinstance(last, int):
        return ENTRIES[str(loc[-2])][0] if loc[-2] in ENTRIES else "an end of a cable"
    return f"'{last}'"


def _wanted(loc: Loc) -> tuple[str, str]:
    """Return what the value at `loc` must be, and a hint that shows one."""
    last = loc[-1] if loc else ""
    if is_attachment(loc):
        nothing = "; write null for none" if loc[-4] in {"nics", "bonds"} else ""
        return "an IPv4 address", f"{ADDRESS}{nothing}"
    if not loc or is_part(loc):
        kind = KINDS[str(loc[-2])] if loc else WHOLE
        return "a mapping of keys and values", f"its keys are: {', '.join(kind.keys)}"
    if isinstance(last, int):
        _, wanted, example = ENTRIES.get(str(loc[-2]), ("", "text like MACHINE:NIC", "node1:eno1"))
        return wanted, f"write for example {example}"
    wanted, example = wanted_at(loc)
    if last == "vlans" and len(loc) > 1:
        wanted, example = "a mapping of VLAN names to addresses", "{mgmt: 10.0.10.11}"
    return wanted, f"write for example {last}: {example}"


def _wrong_type(loc: Loc, detail: ErrorDetails) -> Told:
    wanted, hint = _wanted(loc)
    value = detail["input"]
    if value is None and loc and not is_part(loc) and loc[-1] in _optional(loc):
        hint = f"{hint}, or remove the line"
    if detail["type"] == "int_type" and isinstance(value, str) and value.isdecimal():
        hint = f"write {loc[-1]}: {value} without quotes"
    if loc and loc[-1] in SIZES and (meant := _size_meant(str(value))):
        hint = f"write {loc[-1]}: {meant}"
    return f"{_subject(loc)} must be {wanted}, but is {found(value)}", hint


def _size_meant(text: str) -> str | None:
    """Return the size that '2GB' or '1.5G' was meant to be, or None for any other text."""
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([gm])i?b?", text.lower())
    if not match:
        return None
    mib = round(float(match[1]) * (1024 if match[2] == "g" else 1))
    return f"{mib}M" if mib % 1024 else f"{mib // 1024}G"


def _optional(loc: Loc) -> list[str]:
    fields = kind_at(loc).model.model_fields
    return [name for name, field in fields.items() if not field.is_required()]


def _missing(loc: Loc, detail: ErrorDetails) -> Told:
    key = loc[-1]
    if isinstance(key, int):
        return (
            f"a cable has two ends, not {len(detail['input'])}",
            "write for example [node1:eno1, sw1:node1]",
        )
    noun = kind_at(loc).noun
    return f"{noun} needs the key '{key}'", f"add for example {key}: {wanted_at(loc)[1]}"


def _unknown_key(loc: Loc, detail: ErrorDetails) -> Told:
    key, kind = str(loc[-1]), kind_at(loc)
    what = f"{kind.noun} has no key {quoted(key)}"
    meant = near(key, kind.keys) or OTHER_WORDS.get(key)
    if meant in kind.keys:
        return what, f"did you mean '{meant}'?"
    owners = [
        other.noun for other in (*KINDS.values(), *SECTIONS.values(), WHOLE) if key in other.keys
    ]
    elsewhere = f"'{key}' belongs to {' or '.join(owners)}; " if owners else ""
    return what, f"{elsewhere}{kind.noun} has: {', '.join(kind.keys)}"


def _bad_name(loc: Loc, detail: ErrorDetails) -> Told:
    rule = next((NAMES[str(step)] for step in reversed(loc[-2:]) if step in NAMES), NIC_NAME)
    if loc[-1] in _NAMES_OF_VLANS or loc[-2:-1] == ("to",):
        rule = NAMES["vlans"]
    if loc[-2:-1] == ("nodes",):
        rule = NAMES["machines"]
    called = "the address of a registry" if loc[-1] == "registry" else "a name here"
    return f"{quoted(detail['input'])} cannot be {called}", rule


def _too_long(loc: Loc, detail: ErrorDetails) -> Told:
    most, actual = detail["ctx"]["max_length"], len(detail["input"])
    if loc[-1] == "disks":
        return f"a machine can have {most} disks, not {actual}", "remove some, or make them larger"
    if isinstance(detail["input"], list):
        return f"a cable has two ends, not {actual}", "write one pair for each cable"
    return (
        f"the name {quoted(detail['input'])} has {actual} characters; {most} is the most",
        "choose a shorter name",
    )


def _too_small(loc: Loc, detail: ErrorDetails) -> Told:
    return _out_of_range(loc, detail, "at least", detail["ctx"]["ge"])


def _too_large(loc: Loc, detail: ErrorDetails) -> Told:
    return _out_of_range(loc, detail, "at most", detail["ctx"]["le"])


def _out_of_range(loc: Loc, detail: ErrorDetails, bound: str, limit: int) -> Told:
    key, value = str(loc[-1]), detail["input"]
    if key not in SIZES:
        return f"'{key}' must be {bound} {limit}, but is {value}", _wanted(loc)[1]
    given = f"{value} (a number without a unit is MiB)" if isinstance(value, int) else value
    return f"'{key}' must be {bound} {limit}M, but is {given}", _wanted(loc)[1]


def _not_one_of(loc: Loc, detail: ErrorDetails) -> Told:
    value, choices = detail["input"], _choices(detail)
    what = f"{_subject(loc)} must be {listed(choices, 'or')}, but is {found(value)}"
    text = value if isinstance(value, str) else ""
    close = OTHER_CHOICES.get(text.lower()) or near(text, choices)
    return what, f"did you mean '{close}'?" if close else f"write {loc[-1]}: {choices[0]}"


def _choices(detail: ErrorDetails) -> list[str]:
    return str(detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")


def _bad_address(loc: Loc, detail: ErrorDetails) -> Told:
    text = str(detail["input"])
    wanted, hint = _wanted(loc)
    what = f"{_subject(loc)} must be {wanted}, but is {found(text)}"
    try:
        if loc[-1] == "subnet" and not is_attachment(loc):
            network = ipaddress.IPv4Network(text, strict=False)
            return f"{text} is an address inside a network", f"write subnet: {network}"
        address = ipaddress.IPv4Interface(text).ip
        return f"{what}", f"write {address}; the prefix length stands in the VLAN's subnet"
    except ValueError:
        return what, hint


def _empty(loc: Loc, detail: ErrorDetails) -> Told:
    return f"'{loc[-1]}' is empty", _wanted(loc)[1]


def _anything_else(loc: Loc, detail: ErrorDetails) -> Told:
    """Tell a refusal this file has no sentence for; better pydantic's words than none."""
    return f"the value is not accepted: {detail['msg']}", ""


TOLD: dict[str, Callable[[Loc, ErrorDetails], Told]] = {
    "bool_type": _wrong_type,
    "dict_type": _wrong_type,
    "enum": _not_one_of,
    "extra_forbidden": _unknown_key,
    "greater_than_equal": _too_small,
    "int_type": _wrong_type,
    "less_than_equal": _too_large,
    "missing": _missing,
    "model_type": _wrong_type,
    "string_pattern_mismatch": _bad_name,
    "string_too_long": _too_long,
    "string_type": _wrong_type,
    "too_long": _too_long,
    "too_short": _empty,
    "tuple_type": _wrong_type,
    "value_error": _bad_address,
}
