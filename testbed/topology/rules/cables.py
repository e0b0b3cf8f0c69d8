"""Rules about cables: each joins two ports that exist, and every NIC has one."""

from collections import Counter
from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.models import Machine, Role, Topology
from testbed.topology.rules.names import can_be_called, reserved
from testbed.topology.rules.parts import (
    End,
    all_cables_sound,
    ends,
    machines,
    names_of,
    own_nics,
    peers,
    ports,
    sound_cables,
)
from testbed.topology.words import listed, quoted, suggestion

_MOST_CABLES = 24  # PCI slots of one machine


def ends_are_readable(topology: Topology) -> Iterator[Problem]:
    for where, text, end in ends(topology):
        if end is None:
            what = f"{quoted(text)} is not the end of a cable"
            yield Problem(where, what, "write MACHINE:NIC, such as node1:eno1")


def ends_at_known_machines(topology: Topology) -> Iterator[Problem]:
    for where, _, end in ends(topology):
        if end and end.machine not in topology.machines:
            hint = suggestion(end.machine, topology.machines, "'machines'")
            yield Problem(where, f"there is no machine '{end.machine}'", hint)


def ends_at_known_nics(topology: Topology) -> Iterator[Problem]:
    """A switch has whatever ports its cables need; other machines list their NICs."""
    for where, _, end in ends(topology):
        machine = topology.machines.get(end.machine) if end else None
        if end and machine and _is_unknown(end, machine) and not reserved(end.nic, machine.role):
            what = f"'{end.machine}' has no NIC '{end.nic}'"
            hint = suggestion(end.nic, own_nics(machine), f"'nics' of '{end.machine}' or to a bond")
            if end.nic in machine.bonds:
                what = f"'{end.nic}' of '{end.machine}' is a bond, and a cable ends at a NIC"
                hint = f"cable its members: {', '.join(machine.bonds[end.nic].members)}"
            yield Problem(where, what, hint)


def one_cable_for_each_port(topology: Topology) -> Iterator[Problem]:
    seen: dict[End, str] = {}
    for cable in sound_cables(topology):
        for end in {cable.one: None, cable.other: None}:
            if end in seen:
                what = f"'{end}' already has the cable {seen[end]}"
                machine = topology.machines[end.machine]
                hint = "a port takes one cable; use another NIC"
                if machine.role is Role.SWITCH:
                    hint = (
                        f"a port takes one cable; use another, such as {_free_port(topology, end)}"
                    )
                yield Problem(cable.where, what, hint)
            seen.setdefault(end, str(cable))


def cables_leave_the_machine(topology: Topology) -> Iterator[Problem]:
    for cable in sound_cables(topology):
        if cable.one.machine == cable.other.machine:
            what = f"both ends are at '{cable.one.machine}'"
            yield Problem(cable.where, what, "end it at another machine, or remove it")


def cables_go_to_a_switch(topology: Topology) -> Iterator[Problem]:
    switches = names_of(topology, Role.SWITCH)
    for cable in sound_cables(topology):
        pair = (cable.one.machine, cable.other.machine)
        if switches and pair[0] != pair[1] and not set(pair) & set(switches):
            role = topology.machines[pair[1]].role
            what = f"'{cable.one}' goes to '{pair[1]}', which is no switch but a {role}"
            hint = f"run one cable from each of the two to a switch, such as '{switches[0]}'"
            yield Problem(cable.where, what, hint)


def cables_need_a_switch(topology: Topology) -> Iterator[Problem]:
    if topology.cables and not names_of(topology, Role.SWITCH):
        hint = "add a machine such as sw1: {role: switch, memory: 320M}, and cable the NICs to it"
        yield Problem("cables", "there is no switch for the cables to go to", hint)


def machines_have_cables(topology: Topology) -> Iterator[Problem]:
    cabled = {end.machine for _, _, end in ends(topology) if end}
    if not all_cables_sound(topology):
        return  # a mistaken end may be meant for any machine
    for name, where, machine in machines(topology):
        if name in cabled:
            continue
        if own_nics(machine) or machine.role is Role.SWITCH:
            what, hint = f"no cable ends at '{name}'", _add_a_cable(topology, name, machine)
        else:
            what, hint = f"'{name}' has no NIC", "give it one under 'nics', and a cable to a switch"
        yield Problem(where, what, hint)


def nics_have_cables(topology: Topology) -> Iterator[Problem]:
    """A NIC without a cable never has a carrier; told only where no cable's end is mistaken."""
    cabled, clear = peers(topology), _machines_cabled_clearly(topology)
    for placed in ports(topology):
        if placed.machine not in clear:
            continue
        where = placed.where if placed.noun == "NIC" else f"{placed.where}.members"
        bare = [n for n in dict.fromkeys(placed.nics) if End(placed.machine, n) not in cabled]
        if bare:
            noun, verb = ("NIC", "has") if len(bare) == 1 else ("NICs", "have")
            hint = _cable_hint(topology, End(placed.machine, bare[0]))
            hint += f", and one for '{bare[1]}'" if len(bare) > 1 else ""
            yield Problem(where, f"{noun} {listed(bare)} {verb} no cable", hint)


def cables_fit_in(topology: Topology) -> Iterator[Problem]:
    count = Counter(end.machine for _, _, end in ends(topology) if end)
    for name, where, machine in machines(topology):
        if count[name] > _MOST_CABLES:
            what = f"{count[name]} cables end at '{name}', which has room for {_MOST_CABLES}"
            hint = "add a second switch, and a cable between the two"
            if machine.role is not Role.SWITCH:
                hint = "use fewer NICs; one NIC can carry many VLANs"
            yield Problem(where, what, hint)


def _is_unknown(end: End, machine: Machine) -> bool:
    return machine.role is not Role.SWITCH and end.nic not in own_nics(machine)


def _machines_cabled_clearly(topology: Topology) -> set[str]:
    """Return the machines with cables, none of which may be meant for another of their NICs."""
    if not all_cables_sound(topology):
        return set()
    known = [end for _, _, end in ends(topology) if end]
    mistaken = {e.machine for e in known if _is_unknown(e, topology.machines[e.machine])}
    return {end.machine for end in known} - mistaken - set(names_of(topology, Role.SWITCH))


def _add_a_cable(topology: Topology, name: str, machine: Machine) -> str:
    if machine.role is not Role.SWITCH:
        return _cable_hint(topology, End(name, next(iter(own_nics(machine)))))
    other = next((s for s in names_of(topology, Role.SWITCH) if s != name), "")
    return switch_cable_hint(topology, other, name) if other else "cable a NIC to it"


def switch_cable_hint(topology: Topology, one: str, other: str) -> str:
    """Return the cable that would join two switches, at ports that no rule refuses."""
    near, far = (_free_port(topology, End(switch, "isl")) for switch in (one, other))
    return f"add to 'cables': - [{near}, {far}]"


def _cable_hint(topology: Topology, end: End) -> str:
    switch = next(iter(names_of(topology, Role.SWITCH)), "")
    if not switch:
        return "add a switch, and a cable to it"
    return f"add to 'cables': - [{end}, {_free_port(topology, End(switch, end.machine))}]"


def _free_port(topology: Topology, wanted: End) -> End:
    """Return the wanted port of a switch, or one of a similar name that no rule refuses."""
    used = {end.nic for _, _, end in ends(topology) if end and end.machine == wanted.machine}
    stem = f"to-{wanted.nic}" if reserved(f"{wanted.nic}-2", Role.SWITCH) else wanted.nic
    stem = stem[:10].rstrip("-_")
    names = (wanted.nic, stem, *(f"{stem}-{number}" for number in range(2, len(used) + 3)))
    free = (each for each in names if each not in used and can_be_called(each, Role.SWITCH))
    return End(wanted.machine, next(free))


RULES = (
    ends_are_readable,
    ends_at_known_machines,
    ends_at_known_nics,
    one_cable_for_each_port,
    cables_leave_the_machine,
    cables_go_to_a_switch,
    cables_need_a_switch,
    machines_have_cables,
    nics_have_cables,
    cables_fit_in,
)
