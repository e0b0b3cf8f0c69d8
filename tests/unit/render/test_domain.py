"""The libvirt domain of a machine."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from plans import planned, with_machine

from testbed.plan.models import Plan
from testbed.render.domain import Accelerator, Boot, domain_xml, pci_addresses
from testbed.topology.models import Disk

OURS = "{urn:aolda:testbed:1}"
QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
BOOT = Boot(Path("/i/root.qcow2"), Path("/i/vmlinux"), Path("/i/initrd"), "root=/dev/vda", "sha:1")


def text(plan: Plan, machine: str = "node1", boot: Boot = BOOT, accel: Accelerator = "qemu") -> str:
    return domain_xml(plan, plan.machine(machine), boot=boot, accel=accel)


def domain(
    plan: Plan, machine: str = "node1", boot: Boot = BOOT, accel: Accelerator = "qemu"
) -> ET.Element:
    return ET.fromstring(text(plan, machine, boot, accel))


def arguments(root: ET.Element) -> list[str]:
    return [arg.get("value", "") for arg in root.iter(f"{QEMU}arg")]


def test_the_mark_tells_testbed_machine_and_topology() -> None:
    plan = planned(description="a <b> & 'c' \"d\"")
    mark = domain(plan).find(f"metadata/{OURS}machine")
    assert mark is not None
    seen = {key: mark.get(key) for key in ("testbed", "machine", "role", "loopback", "image")}
    assert seen == {
        "testbed": "t",
        "machine": "node1",
        "role": "node",
        "loopback": "127.77.0.1",
        "image": "sha:1",
    }
    topology = json.loads(mark.findtext(f"{OURS}topology") or "")
    assert topology["description"] == "a <b> & 'c' \"d\""


def test_the_digest_is_of_the_text_without_it() -> None:
    xml = text(planned())
    digest = re.search(r" digest='(\w+)'", xml)
    assert digest is not None
    bare = xml.replace(digest[1], "")
    assert hashlib.sha256(bare.encode()).hexdigest() == digest[1]


def test_the_same_plan_gives_the_same_text() -> None:
    assert text(planned()) == text(planned())


@pytest.mark.parametrize(
    "changed",
    [replace(BOOT, digest="sha:2"), replace(BOOT, cmdline="root=/dev/vda quiet")],
    ids=["image", "command line"],
)
def test_another_boot_gives_another_digest(changed: Boot) -> None:
    marks = [
        domain(planned(), boot=boot).find(f"metadata/{OURS}machine") for boot in (BOOT, changed)
    ]
    assert len({mark.get("digest") for mark in marks if mark is not None}) == 2


def test_a_kernel_is_booted_directly() -> None:
    os = domain(planned()).find("os")
    assert os is not None
    assert [os.findtext(tag) for tag in ("kernel", "initrd", "cmdline")] == [
        "/i/vmlinux",
        "/i/initrd",
        "root=/dev/vda",
    ]


def test_without_a_kernel_the_disk_is_booted() -> None:
    os = domain(planned(), boot=replace(BOOT, kernel=None, initrd=None)).find("os")
    assert os is not None
    assert [child.tag for child in os] == ["type", "boot"]


def test_emulation_has_a_translation_cache_and_every_cpu_feature_that_is_not_slow() -> None:
    root = domain(planned(), accel="qemu")
    assert (root.get("type"), root.findtext("features/tcg/tb-cache")) == ("qemu", "256")
    assert [cpu.get("mode") for cpu in root.iter("cpu")] == ["maximum"]
    without = {(f.get("policy"), f.get("name")) for f in root.iterfind("cpu/feature")}
    assert without == {("disable", name) for name in ("erms", "fsrm", "fsrs", "fzrm")}


@pytest.mark.parametrize("accel", ["kvm", "qemu"])
def test_no_timer_ticks_that_nobody_uses(accel: Accelerator) -> None:
    timers = domain(planned(), accel=accel).iterfind("clock/timer")
    assert [(t.get("name"), t.get("present")) for t in timers] == [("hpet", "no")]


def test_kvm_shows_the_host_s_cpu() -> None:
    root = domain(planned(), accel="kvm")
    assert (root.get("type"), root.find("features/tcg")) == ("kvm", None)
    assert [cpu.get("mode") for cpu in root.iter("cpu")] == ["host-passthrough"]
    assert list(root.iterfind("cpu/feature")) == []


def test_a_cable_s_two_ends_name_each_other_s_ports() -> None:
    plan = planned()
    ends = {
        (machine.name, nic.get("alias")): nic
        for machine in plan.machines
        for nic in nics(domain(plan, machine.name))
    }
    near, far = ends["node1", "ua-eno1"], ends["sw1", "ua-node1"]
    assert (near["local"], near["remote"]) == (far["remote"], far["local"])


def nics(root: ET.Element) -> list[dict[str, str]]:
    """Return alias, local and remote port of every NIC with a cable."""
    found = []
    for nic in root.iter("interface"):
        alias, source, local = nic.find("alias"), nic.find("source"), nic.find("source/local")
        assert alias is not None and source is not None and local is not None
        assert {source.get("address"), local.get("address")} == {"127.77.0.1"}
        found.append(
            {
                "alias": alias.get("name", ""),
                "local": local.get("port", ""),
                "remote": source.get("port", ""),
            }
        )
    return found


def test_every_nic_with_a_cable_reports_its_speed() -> None:
    """virtio reports none by itself, and 802.3ad keeps such a port down."""
    root = domain(planned())
    speeds = {
        device.get("alias"): {p.get("name"): p.get("value") for p in device.iter(f"{QEMU}property")}
        for device in root.iter(f"{QEMU}device")
    }
    expected = {"speed": "10000", "duplex": "full"}
    assert speeds == {nic["alias"]: expected for nic in nics(root)}


def test_the_out_of_band_nic_forwards_ssh_and_nothing_else() -> None:
    netdev, device = arguments(domain(planned()))[1::2]
    assert netdev.split(",")[:3] == ["user", "id=oob0", "ipv6=off"]
    assert "restrict=on" in netdev.split(",")
    assert re.findall(r"hostfwd=(\S+)", netdev) == ["tcp:127.77.0.1:2203-:22"]
    assert device.endswith("bus=pcie.0,addr=0x1e,romfile=")


@pytest.mark.parametrize(("internet", "restrict"), [(False, "on"), (True, "off")])
def test_the_wan_is_restricted_unless_there_is_internet(internet: bool, restrict: str) -> None:
    wan = next(a for a in arguments(domain(planned(internet=internet), "router")) if "id=wan0" in a)
    assert f"restrict={restrict}" in wan.split(",")
    assert "hostfwd" not in wan


def test_disks_carry_their_serials_in_the_topology_s_order() -> None:
    disks = (Disk(serial="osd-0", size=1024), Disk(serial="osd-1", size=1024))
    root = domain(with_machine("node1", disks=disks))
    seen = [
        (disk.findtext("serial"), target.get("dev"))
        for disk in root.iter("disk")
        for target in disk.iter("target")
    ]
    assert seen == [("root", "vda"), ("osd-0", "vdb"), ("osd-1", "vdc"), ("seed", "vdz")]


def test_no_two_devices_share_a_place_on_the_bus() -> None:
    disks = tuple(Disk(serial=f"osd-{n}", size=1024) for n in range(12))
    plan = with_machine("node1", disks=disks)
    for machine in plan.machines:
        places = [
            (address.get("slot"), address.get("function"))
            for address in domain(plan, machine.name).iter("address")
        ]
        assert len(set(places)) == len(places)


def test_a_slot_takes_eight_nics_and_its_first_says_so() -> None:
    places = [(p.slot, p.function, p.multifunction) for p in pci_addresses(0x10, 10)]
    assert places[0] == ("0x10", 0, True)
    assert places[7:9] == [("0x10", 7, False), ("0x11", 0, True)]


def test_a_machine_has_no_device_it_does_not_need() -> None:
    devices = domain(planned()).find("devices")
    assert devices is not None
    assert not {"video", "graphics", "sound", "input"} & {device.tag for device in devices}
    unwanted = {device.tag: device.get("model") for device in devices.iter() if device.get("model")}
    assert unwanted["memballoon"] == "none"
    assert [c.get("model") for c in devices.iter("controller") if c.get("type") == "usb"] == [
        "none"
    ]
