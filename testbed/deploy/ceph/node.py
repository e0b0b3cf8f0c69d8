"""One node: what Ceph has there already, and the steps that are still missing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from testbed.deploy.ceph.files import DIGEST, MON_KEYRING, osd_keyring
from testbed.deploy.ceph.secrets import rgw_user
from testbed.deploy.files import File, digest_of, unpacking
from testbed.deploy.step import Step
from testbed.deploy.units import REREAD, enabling, look, running
from testbed.guest import Script
from testbed.plan.storage import Osd, Storage, StorageNode

_MAKING = "/var/lib/ceph/testbed.making"  # there while a monitor's store is not whole
_SLOW = 300.0  # seconds; an emulated machine makes an OSD in a tenth of that


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node has: its files' digest, its monitor's store, its OSDs, what runs.

    `keyless` are the OSDs whose key is not there, as where somebody has cleaned up after one.

    Who made a store is not asked: an operator may have made the monitor anew.
    """

    digest: str
    monitor: bool
    osds: frozenset[int]
    running: frozenset[str]  # units that are enabled and active
    keyless: frozenset[int] = frozenset()


def facts_script(storage: Storage, node: StorageNode) -> Script:
    """Return the look at a node; it changes nothing and starts few processes."""
    osds = " ".join(str(osd.id) for osd in node.osds)
    return Script(
        f"""
printf 'digest '; cat {DIGEST} 2>/dev/null || echo none
[ -e {_store(node)}/store.db/CURRENT ] && [ ! -e {_MAKING} ] && echo monitor
for ready in /var/lib/ceph/osd/ceph-*/ready; do
    [ -e "$ready" ] && osd=${{ready%/ready}} && echo "osd ${{osd##*-}}"
done
for osd in {osds}; do
    [ -e {osd_keyring("$osd")} ] || echo "keyless $osd"
done
{look(_units(storage, node))}
""",
        sudo=True,
    )


def read_facts(text: str) -> NodeFacts:
    """Read the output of `facts_script`."""
    digest = re.search(r"^digest (\w+)$", text, re.MULTILINE)
    return NodeFacts(
        digest=digest[1] if digest else "none",
        monitor=re.search(r"^monitor$", text, re.MULTILINE) is not None,
        osds=_numbers("osd", text),
        running=running(text),
        keyless=_numbers("keyless", text),
    )


def _numbers(word: str, text: str) -> frozenset[int]:
    return frozenset(int(osd) for osd in re.findall(rf"^{word} (\d+)$", text, re.MULTILINE))


def _units(storage: Storage, node: StorageNode) -> Iterator[str]:
    if node.monitor:
        yield from monitor_units(node)
    yield from osd_units(node)
    yield from service_units(storage, node)


def monitor_units(node: StorageNode) -> tuple[str, ...]:
    """Return the units of a monitor and the manager beside it."""
    return (f"ceph-mon@{node.machine}", f"ceph-mgr@{node.machine}")


def osd_units(node: StorageNode) -> tuple[str, ...]:
    """Return the units of a node's OSDs."""
    return tuple(f"ceph-osd@{osd.id}" for osd in node.osds)


def service_units(storage: Storage, node: StorageNode) -> tuple[str, ...]:
    """Return the units of what is served on top: files and objects."""
    mds = (f"ceph-mds@{node.machine}",) if storage.cephfs and node.monitor else ()
    rgw = (f"ceph-radosgw@{rgw_user(node.machine).removeprefix('client.')}",) if storage.rgw else ()
    return (*mds, *rgw)


def making(
    storage: Storage, node: StorageNode, files: tuple[File, ...], facts: NodeFacts
) -> Iterator[Step]:
    """Yield the steps that make a node's daemons, up to where they need each other."""
    if facts.digest != digest_of(files):
        yield unpacking(node.machine, _without_keys_of(facts.osds, files))
    elif lacking := facts.keyless - facts.osds:
        yield unpacking(node.machine, _keys_of(lacking, files), "keys")
    if node.monitor and not facts.monitor:
        yield Step("monitor", node.machine, _make_monitor(storage, node), timeout=_SLOW)
    if node.monitor:
        yield from starting("start monitor", node, monitor_units(node), facts.running)
    for osd in node.osds:
        if osd.id not in facts.osds:
            yield Step("disk", node.machine, _make_osd(osd), timeout=_SLOW)


def _without_keys_of(osds: frozenset[int], files: tuple[File, ...]) -> tuple[File, ...]:
    """Return the files but for the keys of OSDs that were made: one made anew has a new key."""
    theirs = _keys_of(osds, files)
    return tuple(file for file in files if file not in theirs)


def _keys_of(osds: frozenset[int], files: tuple[File, ...]) -> tuple[File, ...]:
    paths = {osd_keyring(str(osd)) for osd in osds}
    return tuple(file for file in files if file.path in paths)


def starting(
    name: str, node: StorageNode, units: Iterable[str], running: frozenset[str]
) -> Iterator[Step]:
    """Yield the step that starts those units, now and at every boot, where one is not running."""
    missing = tuple(unit for unit in units if unit not in running)
    if missing:
        units = " ".join(missing)
        # One that failed too often is not started by systemd for half an hour.
        again = f"systemctl reset-failed {units} 2>/dev/null || true"
        script = f"{enabling(missing)}\n{REREAD}\n{again}\nsystemctl start {units}\n"
        yield Step(name, node.machine, Script(script, sudo=True))


def readmitting(osd: Osd, machine: str) -> Step:
    """Return the step that gives the monitors an OSD back that they know neither in nor by key.

    Somebody may have made it anew, so both its name and its key are what its folder says. The key
    is in no program's arguments.
    """
    keyring = osd_keyring(str(osd.id))
    folder = keyring.rpartition("/")[0]
    script = f"""
uuid=$(cat {folder}/fsid)
key=$(sed -n 's/^[[:space:]]*key *= *//p' {keyring})
[ -n "$key" ] || {{ echo "there is no key in {keyring}" >&2; exit 1; }}
printf '{{"cephx_secret": "%s"}}' "$key" | \
    ceph --connect-timeout 60 osd new "$uuid" {osd.id} -i - >/dev/null
"""
    return Step(f"admit OSD {osd.id}", machine, Script(script, sudo=True), timeout=_SLOW)


def restarting_monitor(machine: str) -> Step:
    """Return the step after which a monitor has forgotten what it held on to."""
    return Step(
        "restart slow monitor",
        machine,
        Script(f"systemctl restart ceph-mon@{machine}\n", sudo=True),
    )


def _store(node: StorageNode) -> str:
    return f"/var/lib/ceph/mon/ceph-{node.machine}"


def _make_monitor(storage: Storage, node: StorageNode) -> Script:
    """Make a monitor's store; what an interrupted try left is thrown away first."""
    folder = _store(node)
    known = " ".join(
        f"--addv {mon.machine} '[v2:{mon.address}:3300,v1:{mon.address}:6789]'"
        for mon in storage.monitors
    )
    return Script(
        f"""
touch {_MAKING}
sync {_MAKING}
rm -rf {folder} /run/testbed.monmap
monmaptool --create --fsid {storage.fsid} {known} /run/testbed.monmap >/dev/null
chmod 644 /run/testbed.monmap
install -d -o ceph -g ceph -m 750 {folder}
ceph-mon --setuser ceph --setgroup ceph --mkfs -i {node.machine} \
    --monmap /run/testbed.monmap --keyring {MON_KEYRING}
sync -f {folder}
rm -f /run/testbed.monmap {_MAKING}
""",
        sudo=True,
    )


def _make_osd(osd: Osd) -> Script:
    """Make an OSD on its whole disk, as MicroCeph does: found at every boot by its serial."""
    folder = f"/var/lib/ceph/osd/ceph-{osd.id}"
    return Script(
        f"""
disk=/dev/disk/by-id/virtio-{osd.serial}
[ -e "$disk" ] || {{ echo "there is no disk with the serial {osd.serial}" >&2; exit 1; }}
chown ceph:ceph {folder} "$(readlink -f "$disk")"
ln -sfn "$disk" {folder}/block
chown -h ceph:ceph {folder}/block
ceph-osd --setuser ceph --setgroup ceph --mkfs --no-mon-config -i {osd.id} --osd-uuid {osd.uuid}
sync -f {folder}
""",
        sudo=True,
    )
