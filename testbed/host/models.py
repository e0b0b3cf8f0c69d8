"""What the host reports, as plain values."""

import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class MachineState(StrEnum):
    """What a machine is doing, as far as the host can see."""

    RUNNING = "running"
    PAUSED = "paused"
    OFF = "off"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What the host offers, and the versions of what runs there."""

    uri: str
    arch: str
    cpus: int
    memory_mib: int
    memory_free_mib: int  # what can be taken without swapping, caches included
    emulator: Path | None  # None where the driver runs no emulator
    hypervisor_version: tuple[int, int, int]
    libvirt_version: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """The metadata that makes a domain ours."""

    testbed: str
    machine: str
    role: str
    loopback: str
    image: str
    digest: str
    topology: str


@dataclass(frozen=True, slots=True)
class ObservedMachine:
    """A machine as the host reports it."""

    testbed: str
    machine: str
    role: str
    domain: str
    uuid: uuid.UUID
    state: MachineState
    reason: str  # why it is in that state, empty where libvirt does not say
    loopback: str
    image: str
    digest: str  # of the XML it was defined from
    topology: str  # JSON text
    memory_mib: int
    resident_mib: int  # what the emulator holds in RAM now; 0 while off
    links: Mapping[str, bool]  # MAC → carrier up
    ready: bool  # its first boot has ended well


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One machine's disks, and its memory where it was not off."""

    name: str
    created: int  # seconds since the epoch
    state: MachineState  # of the machine when it was taken


@dataclass(frozen=True, slots=True)
class Definition:
    """All that libvirt knows of a machine, and enough to define it again.

    `snapshots` is their XML, each after its parent; what they hold is in the machine's disks.
    """

    domain: str
    xml: str
    snapshots: tuple[str, ...]

    @property
    def accelerator(self) -> str:
        """What runs it: 'kvm' or 'qemu'."""
        return ET.fromstring(self.xml).get("type", "")  # noqa: S314 - libvirt wrote it

    @property
    def backing(self) -> Path | None:
        """The image its root disk is an overlay of."""
        root = ET.fromstring(self.xml)  # noqa: S314 - libvirt wrote it
        for source in root.iterfind("devices/disk/backingStore/source"):
            return Path(source.get("file", ""))
        return None


@dataclass(frozen=True, slots=True)
class Pool:
    """A storage pool of ours; its UUID is what makes it ours."""

    name: str
    uuid: uuid.UUID
    folder: Path


@dataclass(frozen=True, slots=True)
class Volume:
    """A file in a pool, as libvirt sees it."""

    name: str
    path: Path
    format: str
    size_bytes: int  # virtual size
    backing: Path | None
