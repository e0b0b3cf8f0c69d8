"""What exists, read from libvirt alone: our files are never asked what there is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from testbed.apply.changes import Existing
from testbed.apply.folders import Folders
from testbed.errors import StateError
from testbed.host import Host, ObservedMachine
from testbed.plan.decide import plan
from testbed.plan.identity import free_loopback
from testbed.plan.models import Plan
from testbed.render.graph_state import MachineState
from testbed.topology.models import Topology
from testbed.topology.shipped import shipped


@dataclass(frozen=True, slots=True)
class Testbed:
    """An existing testbed: its plan, computed anew from what its machines carry, and they."""

    plan: Plan
    machines: Mapping[str, ObservedMachine]

    def existing(self) -> Mapping[str, Existing]:
        """Return what `changes` needs to know of each machine."""
        return {
            name: Existing(machine.state, machine.ready, machine.links)
            for name, machine in self.machines.items()
        }


def names(host: Host) -> tuple[str, ...]:
    """Return the names of all testbeds on the host."""
    return tuple(sorted({machine.testbed for machine in host.list_machines()}))


def find(host: Host, folders: Folders, name: str) -> Testbed | None:
    """Return the testbed of that name, or None where no machine of it exists.

    Raises `StateError` where another version made it, whose topologies this one cannot read.
    """
    machines = {machine.machine: machine for machine in host.list_machines(name)}
    if not machines:
        return None
    any_machine = next(iter(machines.values()))
    topology = topology_of(name, any_machine.topology)
    loopback = any_machine.loopback
    desired = plan(topology, name=name, folder=folders.disks(name), loopback=loopback)
    return Testbed(desired, machines)


def topology_of(name: str, text: str, kept: str = "") -> Topology:
    """Return the topology that a testbed carries; `kept` goes into the error's first sentence.

    Raises `StateError` where another version wrote it.
    """
    try:
        return Topology.model_validate_json(text)
    except ValueError as error:
        raise StateError(
            f"testbed '{name}'{kept} cannot be understood",
            why="another version of testbed made it",
            next_step=f"use that version, or delete it: testbed down --forget --name {name}",
        ) from error


def get(host: Host, folders: Folders, name: str | None) -> Testbed:
    """Return the testbed of that name; without a name, the only one there is.

    Raises `StateError` where there is none, or more than one to choose from.
    """
    if name is None:
        name = only(names(host))
    found = find(host, folders, name)
    if found is None:
        raise StateError(
            f"there is no testbed '{name}'",
            why=f"existing testbeds: {', '.join(names(host)) or 'none'}",
            next_step=_how_to_raise(folders, name),
        )
    return found


def _how_to_raise(folders: Folders, name: str) -> str:
    if folders.kept(name).exists():
        return f"restore it: testbed up --name {name}"
    topology = name if name in shipped() else "TOPOLOGY"
    return f"name another, or raise it: testbed up {topology} --name {name}"


def only(existing: tuple[str, ...]) -> str:
    """Return the only testbed; raises `StateError` where there is none, or a choice."""
    if not existing:
        raise StateError(
            "there is no testbed", why="nothing was raised here yet", next_step="run: testbed up"
        )
    if len(existing) > 1:
        raise StateError(
            "more than one testbed exists",
            why=f"they are: {', '.join(existing)}",
            next_step=f"name one, for example: --name {existing[0]}",
        )
    return existing[0]


def desired(host: Host, folders: Folders, topology: Topology, name: str) -> Plan:
    """Return the plan of a testbed that may not exist yet.

    Raises `StateError` where it exists and was made from another topology, or where a machine's
    domain belongs to another testbed.
    """
    found = find(host, folders, name)
    others = [machine for machine in host.list_machines() if machine.testbed != name]
    taken = {machine.loopback for machine in others}
    loopback = found.plan.loopback if found else free_loopback(name, taken)
    wanted = plan(topology, name=name, folder=folders.disks(name), loopback=loopback)
    if found and found.plan.topology != wanted.topology:
        own = found.plan.topology_name
        down = "down" if own == topology.name else "down --forget"  # another's is not given up
        raise StateError(
            f"testbed '{name}' exists and was made from another topology",
            why=f"it was made from '{own}' as that was then",
            next_step=f"go on with it: testbed up --name {name}, take it down first: "
            f"testbed {down} --name {name}, or choose another name with --name",
        )
    _must_be_nobody_elses(wanted, others)
    return wanted


def _must_be_nobody_elses(wanted: Plan, others: Iterable[ObservedMachine]) -> None:
    """`cloud-node1` of testbed `aolda` would have the domain of `node1` of `aolda-cloud`."""
    owners = {machine.domain: machine for machine in others}
    for machine in wanted.machines:
        if owner := owners.get(machine.domain):
            raise StateError(
                f"machine '{machine.name}' of testbed '{wanted.name}' cannot be made",
                why=f"its domain, {machine.domain}, is machine '{owner.machine}' "
                f"of testbed '{owner.testbed}'",
                next_step="choose another name: testbed up TOPOLOGY --name NAME",
            )


def images_in_use(host: Host) -> set[str]:
    """Return the digests of the images that existing machines boot from."""
    return {machine.image for machine in host.list_machines()}


_POWER: Mapping[str, Literal["running", "paused", "off"]] = {
    "running": "running",
    "paused": "paused",
}


def machine_states(testbed: Testbed) -> Mapping[str, MachineState]:
    """Return power and link state of every machine, by names instead of MACs."""
    return {
        machine.name: MachineState(
            power=_POWER.get(testbed.machines[machine.name].state, "off"),
            nics={
                nic.name: testbed.machines[machine.name].links.get(nic.mac, True)
                for nic in machine.nics
            },
        )
        for machine in testbed.plan.machines
        if machine.name in testbed.machines
    }
