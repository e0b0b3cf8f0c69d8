"""What memory and disks of a testbed were made from: restored onto anything else they may break.

The parts are kept by name, so that one can say which of them changed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed import __version__
from testbed.apply.folders import Folders
from testbed.host import Definition, Host
from testbed.image import Store
from testbed.image.records import read_record
from testbed.plan.models import Plan
from testbed.render.domain import Accelerator

Origin = Mapping[str, str]
ACCELERATOR = "the accelerator"


def digest(origin: Origin) -> str:
    """Return one digest of all parts."""
    return hashlib.sha256(json.dumps(dict(origin), sort_keys=True).encode()).hexdigest()


def changed(then: Origin, now: Origin) -> tuple[str, ...]:
    """Return the parts that differ."""
    return tuple(part for part in {**then, **now} if then.get(part) != now.get(part))


def of_existing(
    host: Host, folders: Folders, plan: Plan, definitions: Sequence[Definition]
) -> Origin:
    """Return what an existing testbed was made from, as its domains tell."""
    images: dict[str, set[str]] = {}
    for machine, definition in zip(plan.machines, definitions, strict=True):
        images.setdefault(machine.image, set()).add(_image(definition.backing))
    accelerators = {definition.accelerator for definition in definitions}
    return {
        **_surroundings(host, folders, plan),
        ACCELERATOR: " ".join(sorted(accelerators)),
        **{f"image '{name}'": " ".join(sorted(found)) for name, found in images.items()},
    }


def of_wanted(host: Host, folders: Folders, plan: Plan, accel: Accelerator) -> Origin:
    """Return what a testbed would be made from now."""
    store = Store(folders.cache)
    names = dict.fromkeys(machine.image for machine in plan.machines)
    images = {name: store.find(name) for name in names}
    return {
        **_surroundings(host, folders, plan),
        ACCELERATOR: accel,
        **{
            f"image '{name}'": _image(found.disk if found else None)
            for name, found in images.items()
        },
    }


def _image(disk: Path | None) -> str:
    """Return what tells one build of an image from the next, which may have its digest."""
    if disk is None:
        return "none"
    record = read_record(disk.parent)
    return f"{disk} of {record.built_at}" if record else f"{disk}, which is gone"


def _surroundings(host: Host, folders: Folders, plan: Plan) -> Origin:
    facts = host.facts()
    return {
        "the topology": plan.topology,
        "the loopback address": plan.loopback,
        "QEMU": f"{_version(facts.hypervisor_version)} {facts.emulator}",
        "libvirt": _version(facts.libvirt_version),
        "the host's CPU": host.processor(),
        "the data folder": str(folders.data),
        "testbed": __version__,
    }


def _version(numbers: Sequence[int]) -> str:
    return ".".join(map(str, numbers))
