"""The mark on every domain of ours, and what else its XML says."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from testbed.host.models import Mark

NAMESPACE = "urn:aolda:testbed:1"
READY_NAMESPACE = "urn:aolda:testbed:ready:1"
_KIB = {"b": 1 / 1024, "bytes": 1 / 1024, "KiB": 1, "k": 1, "MiB": 1024, "M": 1024, "GiB": 1024**2}


def read_mark(root: ET.Element) -> Mark | None:
    """Return our mark on a domain, or None where the domain is not ours."""
    element = root.find(f"metadata/{{{NAMESPACE}}}machine")
    if element is None:
        return None
    return Mark(
        testbed=element.get("testbed", ""),
        machine=element.get("machine", ""),
        role=element.get("role", ""),
        loopback=element.get("loopback", ""),
        image=element.get("image", ""),
        digest=element.get("digest", ""),
        topology=(element.findtext(f"{{{NAMESPACE}}}topology") or "").strip(),
    )


def read_ready(root: ET.Element) -> bool:
    """Return whether the machine's first boot was said to have ended well."""
    return root.find(f"metadata/{{{READY_NAMESPACE}}}ready") is not None


def read_links(root: ET.Element) -> Mapping[str, bool]:
    """Return the carrier of each NIC a cable can be in, by MAC address."""
    links = {}
    for nic in root.iterfind("devices/interface"):
        mac, link = nic.find("mac"), nic.find("link")
        if mac is not None:
            links[mac.get("address", "")] = link is None or link.get("state") != "down"
    return MappingProxyType(links)


def read_memory_mib(root: ET.Element) -> int:
    """Return the memory the machine is given, in MiB."""
    memory = root.find("memory")
    if memory is None:
        return 0
    return int(int(memory.text or 0) * _KIB[memory.get("unit", "KiB")]) // 1024


def read_console_log(root: ET.Element) -> Path | None:
    """Return the file that keeps what the serial console printed, if there is one."""
    for serial in root.iterfind("devices/serial"):
        log = serial.find("log")
        if log is not None and (file := log.get("file")):
            return Path(file)
        source = serial.find("source")
        if serial.get("type") == "file" and source is not None and (path := source.get("path")):
            return Path(path)
    return None


def nic_with_link(root: ET.Element, mac: str, *, up: bool) -> str | None:
    """Return the XML of the NIC with its carrier set, or None where no NIC has that MAC."""
    for nic in root.iterfind("devices/interface"):
        address = nic.find("mac")
        if address is None or address.get("address", "").lower() != mac.lower():
            continue
        link = nic.find("link")
        if link is None:
            link = ET.SubElement(nic, "link")
        link.set("state", "up" if up else "down")
        return ET.tostring(nic, encoding="unicode")
    return None
