"""A machine's libvirt domain."""

import hashlib
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from testbed.plan.models import Machine, Plan
from testbed.render import outside
from testbed.render.templates import fill

Accelerator = Literal["kvm", "qemu"]

# Slots of the root bus; libvirt does not know that oob0 and wan0 sit on the last two.
_FIRST_DISK_SLOT = 0x05
_FIRST_NIC_SLOT = 0x10
_OOB_SLOT = 0x1E
_WAN_SLOT = 0x1D
_FUNCTIONS = 8  # of a PCI slot
# By these a guest copies and clears memory with one instruction, which an emulator carries out byte
# by byte; without them it takes eight bytes at a time.
_SLOW_FEATURES = ("erms", "fsrm", "fsrs", "fzrm")


@dataclass(frozen=True, slots=True)
class Boot:
    """What a machine boots from; without a kernel, the boot loader on the disk is used.

    `disk` is the base image that the machine's root disk is an overlay of, `digest` its name.
    """

    disk: Path
    kernel: Path | None
    initrd: Path | None
    cmdline: str
    digest: str


@dataclass(frozen=True, slots=True)
class PciAddress:
    """A place on the root bus; `multifunction` is said by the first function of a shared slot."""

    slot: str
    function: int
    multifunction: bool


def domain_xml(plan: Plan, machine: Machine, *, boot: Boot, accel: Accelerator) -> str:
    """Return the domain of a machine.

    Its metadata carries a digest of the text without the digest, so that two renderings can be
    compared although libvirt rewrites what it is given.
    """
    digest = hashlib.sha256(_render(plan, machine, boot, accel, "").encode()).hexdigest()
    return _render(plan, machine, boot, accel, digest)


def _render(plan: Plan, machine: Machine, boot: Boot, accel: Accelerator, digest: str) -> str:
    disks = pci_addresses(_FIRST_DISK_SLOT, len(machine.disks))
    letters = string.ascii_lowercase[1 : 1 + len(machine.disks)]
    nics = pci_addresses(_FIRST_NIC_SLOT, len(machine.nics))
    return fill(
        "domain.xml.j2",
        plan=plan,
        machine=machine,
        boot=boot,
        accel=accel,
        digest=digest,
        disks=list(zip(machine.disks, letters, disks, strict=True)),
        nics=list(zip(machine.nics, nics, strict=True)),
        outside=list(_outside(plan, machine)),
        slow_features=_SLOW_FEATURES,
    )


def pci_addresses(first_slot: int, count: int) -> Iterator[PciAddress]:
    """Yield `count` places from a slot on, eight to a slot."""
    for position in range(count):
        slot, function = divmod(position, _FUNCTIONS)
        yield PciAddress(f"{first_slot + slot:#04x}", function, multifunction=function == 0)


def _outside(plan: Plan, machine: Machine) -> Iterator[str]:
    """Yield QEMU's arguments for the NICs libvirt cannot describe: it forwards no ports."""
    forward = f"hostfwd=tcp:{plan.loopback}:{machine.oob.ssh_port}-:22"
    net = f"net={outside.OOB_SUBNET},host={outside.OOB_HOST}"
    yield from _user_nic(
        outside.OOB_NIC, machine.oob.mac, _OOB_SLOT, f"restrict=on,{net},{forward}"
    )
    if machine.wan_mac is not None:
        restrict = "off" if plan.internet else "on"
        net = f"net={outside.WAN_SUBNET},host={outside.WAN_HOST},dns={outside.WAN_DNS}"
        yield from _user_nic(
            outside.WAN_NIC, machine.wan_mac, _WAN_SLOT, f"restrict={restrict},{net}"
        )


def _user_nic(name: str, mac: str, slot: int, network: str) -> Iterator[str]:
    yield "-netdev"
    yield f"user,id={name},ipv6=off,{network}"
    yield "-device"
    yield f"virtio-net-pci,netdev={name},mac={mac},bus=pcie.0,addr={slot:#04x},romfile="
