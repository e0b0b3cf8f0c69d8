"""One look at a machine: everything the steady state needs, in one command.

Each process a guest starts costs emulated CPU, so one script gathers it all.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.errors import GuestError
from testbed.guest import Guest, Script, must
from testbed.plan.cloud import PROVIDER_BRIDGE
from testbed.plan.models import Machine, Plan
from testbed.probe import reach
from testbed.topology.models import CloudProvider, Role

_PING = "fping -q -a -M -r 2 -t 800 -i 2"  # DF set; prints the addresses that answered
_NICS = "/sys/class/net"
_PACKAGES = {"fping": "fping", "arping": "iputils-arping", "chronyd": "chrony"}  # by program


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one look at a machine saw."""

    bonding: Mapping[str, str]  # bond → text of /proc/net/bonding
    default_route: str
    names: Mapping[str, str]  # host name → address it resolves to
    answered: Mapping[str, bool]
    leaks: tuple[tuple[str, str], ...]
    bridge_vlans: str


def script(plan: Plan, machine: Machine) -> Script:
    """Return the whole look."""
    names = " ".join(shlex.quote(other.name) for other in plan.machines if other.address)
    parts = [
        _section("missing", _MISSING),
        _section("bonding", _BONDING),
        _section("route", "ip -4 route show default || true"),
        _section("names", f"getent hosts {names} || true"),  # it fails where one is unknown
        _section("answers", "\n".join(_side_by_side(plan, machine))),
    ]
    if machine.role is Role.SWITCH:
        parts.append(_section("vlans", "bridge -j vlan show || true"))
    return _look_at(*parts)


def _look_at(*parts: str) -> Script:
    """Return a script that succeeds whatever it sees: what is missing is for the verdicts."""
    return Script("\n".join((*parts, "true")), sudo=True)


# Without them it would look as if nobody answered, and as if nothing crossed.
_MISSING = f"""\
for program in {" ".join(_PACKAGES)}; do
    command -v "$program" >/dev/null || echo "$program"
done"""
_BONDING = """\
for file in /proc/net/bonding/*; do
    [ -e "$file" ] && echo "--- ${file##*/}" && cat "$file"
done"""


def _section(name: str, body: str) -> str:
    return f"echo '=== {name}'\n{body}"


def _side_by_side(plan: Plan, machine: Machine) -> Iterator[str]:
    """Yield what waits for answers: who must answer, and who must not, all at the same time.

    An address alone has answered; with an interface before it, it has where it should not.
    """
    yield from _pings(plan, machine)
    yield from _leak_probes(plan, machine)
    yield "wait"


def _pings(plan: Plan, machine: Machine) -> Iterator[str]:
    """Yield one ping command per packet size."""
    by_payload: dict[int, list[str]] = {}
    for target in reach.targets(plan, machine):
        by_payload.setdefault(target.payload, []).append(target.address)
    given = _given_away(plan, machine)
    if given:
        # What is in Open vSwitch's bridge has a master; what is out of it answers by itself.
        yield f"given={given}; [ -e {_NICS}/{given}/master ] && given={PROVIDER_BRIDGE}"
    for payload, addresses in by_payload.items():
        pings = f"{_PING} -b {payload} {' '.join(map(shlex.quote, addresses))} 2>/dev/null"
        yield f"{_through_the_bridge(pings, given)} &"


def _given_away(plan: Plan, machine: Machine) -> str:
    """Return the interface that OpenStack, once deployed, gives to its bridge; "" if none is."""
    cloud = plan.cloud
    if cloud is None or cloud.provider is not CloudProvider.PACKAGES:
        return ""
    own = (node for node in cloud.nodes if node.machine == machine.name)
    return next((node.provider_interface for node in own), "")


def _through_the_bridge(pings: str, given: str) -> str:
    """Return pings that pass the bridge where it is there, told as if by the interface itself."""
    if not given or f"%{given} " not in pings:
        return pings
    return f'{pings.replace(f"%{given} ", "%$given ")} | sed "s/%$given\\$/%{given}/"'


def _leak_probes(plan: Plan, machine: Machine) -> Iterator[str]:
    for interface, address in reach.strangers(plan, machine):
        probe = f"arping -q -c 1 -w 1 -I {interface} {address}"
        yield f"{probe} 2>/dev/null && echo {interface} {address} &"


def look(guest: Guest, plan: Plan, machine: Machine, *, timeout: float = 60.0) -> Sweep:
    """Look at a machine.

    Raises `GuestError` where it cannot be reached, or lacks a program that a look needs.
    """
    text = must(guest, script(plan, machine), timeout=timeout)
    if missing := _sections(text).get("missing", "").split():
        packages = ", ".join(_PACKAGES[program] for program in missing)
        raise GuestError(
            f"{guest.name}: its image lacks programs that show what it reaches",
            why=f"not installed in it: {', '.join(missing)}",
            next_step=f"give image '{machine.image}' these packages, or let '{machine.name}' boot "
            f"from one that has them, such as base: {packages}",
        )
    return parse(text)


def parse(text: str) -> Sweep:
    """Read the output of `script`."""
    sections = _sections(text)
    answers = [line.split() for line in sections.get("answers", "").splitlines()]
    names = (line.split() for line in sections.get("names", "").splitlines())
    return Sweep(
        bonding=_split(sections.get("bonding", ""), r"^--- (.*)\n"),
        default_route=sections.get("route", "").strip(),
        names={host: address for address, *hosts in names for host in hosts},
        answered={words[0]: True for words in answers if len(words) == 1},
        leaks=tuple((words[0], words[1]) for words in answers if len(words) == 2),
        bridge_vlans=sections.get("vlans", "").strip(),
    )


def _sections(text: str) -> dict[str, str]:
    return _split(text, r"^=== (.*)\n")


def _split(text: str, heading: str) -> dict[str, str]:
    _, *rest = re.split(heading, text, flags=re.MULTILINE)
    return dict(zip(rest[::2], rest[1::2], strict=True))
