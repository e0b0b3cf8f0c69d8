"""The XML of pools and volumes, written and read."""

import uuid as uuids
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from testbed.host.models import Pool, Volume


def pool_xml(name: str, uuid: uuids.UUID, folder: Path) -> str:
    """Return a pool that is a folder only this user can open."""
    root = ET.Element("pool", type="dir")
    ET.SubElement(root, "name").text = name
    ET.SubElement(root, "uuid").text = str(uuid)
    target = ET.SubElement(root, "target")
    ET.SubElement(target, "path").text = str(folder)
    ET.SubElement(ET.SubElement(target, "permissions"), "mode").text = "0700"
    return ET.tostring(root, encoding="unicode")


def qcow2_xml(name: str, size_mib: int, backing: Path | None = None) -> str:
    """Return a qcow2 volume; with a backing file, an overlay of it."""
    root = _volume(name, "qcow2", size_mib * 1024 * 1024, allocated=0)
    if backing is not None:
        store = ET.SubElement(root, "backingStore")
        ET.SubElement(store, "path").text = str(backing)
        ET.SubElement(store, "format", type="qcow2")
    return ET.tostring(root, encoding="unicode")


def raw_xml(name: str, size: int) -> str:
    """Return a raw volume of `size` bytes, all of them allocated."""
    return ET.tostring(_volume(name, "raw", size, allocated=size), encoding="unicode")


def read_pool(pool: Any) -> Pool:
    """Return a libvirt pool as a value."""
    root = ET.fromstring(pool.XMLDesc())  # noqa: S314 - libvirt wrote it
    folder = Path(root.findtext("target/path", ""))
    return Pool(pool.name(), uuids.UUID(pool.UUIDString()), folder)


def read_volume(volume: Any) -> Volume:
    """Return a libvirt volume as a value."""
    root = ET.fromstring(volume.XMLDesc())  # noqa: S314 - libvirt wrote it
    form, backing = root.find("target/format"), root.findtext("backingStore/path")
    return Volume(
        name=volume.name(),
        path=Path(volume.path()),
        format="" if form is None else form.get("type", ""),
        size_bytes=int(root.findtext("capacity", "0")),
        backing=Path(backing) if backing else None,
    )


def _volume(name: str, form: str, size: int, *, allocated: int) -> ET.Element:
    root = ET.Element("volume")
    ET.SubElement(root, "name").text = name
    ET.SubElement(root, "capacity", unit="bytes").text = str(size)
    ET.SubElement(root, "allocation", unit="bytes").text = str(allocated)
    target = ET.SubElement(root, "target")
    ET.SubElement(target, "format", type=form)
    ET.SubElement(ET.SubElement(target, "permissions"), "mode").text = "0600"
    return root
