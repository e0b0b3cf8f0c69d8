"""One node: what MicroCeph has there already, read with one script."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from testbed.deploy.microceph import snap
from testbed.deploy.microceph.snap import SnapFacts
from testbed.guest import Script
from testbed.plan.storage import Osd, Storage, StorageNode

MICROCEPH = "/snap/bin/microceph"  # sudo's own path does not lead there
CONF = "/var/snap/microceph/current/conf"
TOKENS = "/var/lib/testbed/tokens"
BY_SERIAL = "/dev/disk/by-id/virtio-"
_NO_CLUSTER = re.compile(r"(daemon|database) (is )?not yet initiali[sz]ed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node has.

    `members` is empty where it is in no cluster, and None where MicroCeph gave no answer that
    says so; `silence` is then what it said. `disks` are the serials of disks that are OSDs here,
    `data` is what was found on those that are none.
    """

    snaps: SnapFacts
    members: frozenset[str] | None
    silence: str
    disks: frozenset[str]
    data: Mapping[str, str]
    linked: bool
    active: frozenset[str]  # services of the snap
    settings: Mapping[str, str]  # of clients
    tokens: frozenset[str]  # machines a token was made for and not cleared away


def disk_of(osd: Osd) -> str:
    """Return the path of an OSD's disk, the same at every boot."""
    return f"{BY_SERIAL}{osd.serial}"


def facts_script(storage: Storage, node: StorageNode) -> Script:
    """Return the look at a node; it changes nothing."""
    serials = " ".join(osd.serial for osd in node.osds)
    return Script(
        f"""
command -v {snap.SNAP} >/dev/null || {{ echo '== no snapd'; exit 0; }}
timeout 60 {snap.SNAP} wait system seed.loaded >/dev/null 2>&1 || :
echo '== snaps'; {snap.SNAP} list 2>/dev/null || :
echo '== files'; ls {snap.FILES} 2>/dev/null || :
echo '== linked'; readlink /etc/ceph/ceph.conf || :
echo '== tokens'; ls {TOKENS} 2>/dev/null || :
echo '== names'; find /dev/disk -type l -printf '%p %l\\n' 2>/dev/null || :
echo '== data'
for serial in {serials}; do
    found=$(wipefs --noheadings --output TYPE {BY_SERIAL}$serial 2>/dev/null || :)
    [ -z "$found" ] || echo $serial $found
done
[ -x {MICROCEPH} ] || exit 0
echo '== members'; timeout 60 {MICROCEPH} cluster list 2>&1 || exit 0
echo '== disks'; {MICROCEPH} disk list --json
echo '== services'; {snap.SNAP} services {snap.NAME}
echo '== settings'; {MICROCEPH} client config list
""",
        sudo=True,
    )


def read_facts(text: str, node: StorageNode) -> NodeFacts:
    """Read the output of `facts_script`."""
    part = dict(_sections(text))
    snaps = dict(snap.read_list(part.get("snaps", "")))
    members = _members(part.get("members"))
    return NodeFacts(
        snaps=SnapFacts(
            snapd="no snapd" not in part,
            installed=frozenset(snaps),
            held=frozenset(name for name, held in snaps.items() if held),
            files=frozenset(part.get("files", "").split()),
        ),
        members=members,
        silence="" if members is not None else part["members"].strip() or "it said nothing",
        disks=frozenset(_disks(part, node)),
        data=dict(_pairs(part.get("data", ""))),
        linked=part.get("linked", "").strip() == f"{CONF}/ceph.conf",
        active=frozenset(_active(part.get("services", ""))),
        settings={row[1]: row[2] for row in _rows(part.get("settings", ""))},
        tokens=frozenset(part.get("tokens", "").split()),
    )


def _sections(text: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        yield name, rest


def _members(said: str | None) -> frozenset[str] | None:
    """Return who is in the cluster; a cluster that does not answer is not taken for none."""
    if said is None or _NO_CLUSTER.search(said):
        return frozenset()
    return frozenset(row[0] for row in _rows(said)) or None


def _rows(table: str) -> Iterator[list[str]]:
    """Yield the rows below the head of a table as MicroCeph draws it."""
    drawn = [line for line in table.splitlines() if line.startswith("|")]
    for line in drawn[1:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _disks(part: Mapping[str, str], node: StorageNode) -> Iterator[str]:
    """Yield the serials of the node's OSDs; MicroCeph may know a disk by another of its names."""
    device = {path: PurePosixPath(target).name for path, target in _pairs(part.get("names", ""))}
    found = json.loads(part.get("disks", "") or "{}").get("ConfiguredDisks") or []
    here = [disk["path"] for disk in found if disk["location"] == node.machine]
    taken = {device.get(path, PurePosixPath(path).name) for path in here}
    for osd in node.osds:
        if disk_of(osd) in here or device.get(disk_of(osd)) in taken:
            yield osd.serial


def _active(services: str) -> Iterator[str]:
    for line in services.splitlines():
        columns = line.split()
        if len(columns) >= 3 and columns[2] == "active":
            yield columns[0].removeprefix(f"{snap.NAME}.")


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        yield first, rest
