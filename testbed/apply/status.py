"""How a testbed is, from outside: libvirt is asked, the machines are not disturbed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed import checkpoint
from testbed.apply import health, storing
from testbed.apply.cables import is_pulled
from testbed.apply.folders import Folders
from testbed.apply.lock import is_held
from testbed.apply.observe import Testbed
from testbed.host import DISK_FAILED, ObservedMachine
from testbed.plan.models import Machine
from testbed.probe.cloud.verdicts import wrong as cloud_wrong


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """One line of `testbed status`; memory is in MiB, links are by NIC name."""

    name: str
    role: str
    state: str
    reason: str
    memory_mib: int
    resident_mib: int
    address: str
    ssh: str
    links: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Status:
    """A testbed from outside: its machines, what is wrong, and the last look inside."""

    name: str
    machines: tuple[MachineStatus, ...]
    wrong: tuple[str, ...]
    looked: health.Health | None
    ceph_wrong: tuple[str, ...] = ()  # what was wrong with Ceph when it was looked at
    cloud_wrong: tuple[str, ...] = ()  # what was wrong with OpenStack then
    untried: str = ""  # what of this testbed nobody has run yet, in a sentence


def status(folders: Folders, testbed: Testbed, option: str = "") -> Status:
    """Return how a testbed is, without asking its machines.

    `option` goes into every command that mends: which testbed is meant, where there are several.
    """
    lines = tuple(
        _machine(testbed.plan.loopback, machine, testbed.machines[machine.name])
        for machine in testbed.plan.machines
        if machine.name in testbed.machines
    )
    name = testbed.plan.name
    wrong = (
        *_cut_short(folders, name, option),
        *_missing(testbed, option),
        *(each for line in lines for each in _wrong(line, option)),
        *_pulled(testbed, option),
    )
    looked = health.recall(folders, name)
    storage, cloud = testbed.plan.storage, testbed.plan.cloud
    ceph, openstack = (looked.ceph, looked.cloud) if looked else (None, None)
    return Status(
        name=name,
        machines=lines,
        wrong=wrong,
        looked=looked,
        ceph_wrong=storing.wrong(storage, ceph) if storage and ceph else (),
        cloud_wrong=cloud_wrong(cloud, openstack) if cloud and openstack else (),
        untried=storing.untried(testbed.plan),
    )


def _machine(loopback: str, machine: Machine, seen: ObservedMachine) -> MachineStatus:
    return MachineStatus(
        name=machine.name,
        role=machine.role.value,
        state=seen.state,
        reason=seen.reason,
        memory_mib=seen.memory_mib,
        resident_mib=seen.resident_mib,
        address=str(machine.address or ""),
        ssh=f"{loopback}:{machine.oob.ssh_port}",
        links={nic.name: seen.links.get(nic.mac, True) for nic in machine.nics},
    )


def _cut_short(folders: Folders, name: str, option: str) -> Iterator[str]:
    unfinished = checkpoint.find_unfinished(folders.unfinished_restore(name))
    if unfinished and not is_held(folders, name):  # else it is just going on
        yield f"a restore of '{unfinished}' was cut short; go on with: testbed resume{option}"


def _missing(testbed: Testbed, option: str) -> Iterator[str]:
    for machine in testbed.plan.machines:
        if machine.name not in testbed.machines:
            yield f"{machine.name} is missing; run: testbed up{option}"


def _wrong(line: MachineStatus, option: str) -> Iterator[str]:
    why = f" ({line.reason})" if line.reason else ""
    if line.state == "paused" and line.reason == DISK_FAILED:
        yield f"{line.name} stands still{why}; free some of it, then run: testbed resume{option}"
    elif line.state == "paused":
        yield f"{line.name} is suspended{why}; run: testbed resume{option}"
    elif line.state == "crashed":
        yield f"{line.name} has crashed{why}; run: testbed power on {line.name}{option}"
    elif line.state != "running":
        yield f"{line.name} is off{why}; run: testbed power on {line.name}{option}"


def _pulled(testbed: Testbed, option: str) -> Iterator[str]:
    for cable in testbed.plan.cables:
        if is_pulled(testbed.plan, cable.one, testbed.machines):
            mend = f"testbed link up {cable.one.replace(':', ' ')}{option}"
            yield f"the cable from {cable.one} to {cable.other} is pulled; run: {mend}"
