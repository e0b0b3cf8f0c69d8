"""What three testbeds render to, to the letter; `--update-golden` rewrites the expected files."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.plan.decide import plan
from testbed.plan.models import Machine, Plan
from testbed.render.domain import Accelerator, Boot, domain_xml
from testbed.render.ssh import known_hosts, ssh_config
from testbed.render.user_data import seed_files
from testbed.topology.models import Role
from testbed.topology.shipped import find

CASES = Path(__file__).parent / "cases"
HOME = Path("/home/learner/.local/share/testbed")
KEY = "ssh-ed25519 AAAAuser"
HOST_KEY = "ssh-ed25519 AAAAhost"
PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nhost\n-----END OPENSSH PRIVATE KEY-----\n"
BOOT = Boot(
    disk=HOME / "images/base/root.qcow2",
    kernel=HOME / "images/base/vmlinux",
    initrd=HOME / "images/base/initrd",
    cmdline="root=/dev/vda rw console=ttyS0",
    digest="sha256:0123",
)


@dataclass(frozen=True)
class Case:
    """A shipped topology, with or without internet, on a host with or without KVM."""

    name: str
    topology: str
    internet: bool
    accel: Accelerator

    def plan(self) -> Plan:
        topology = find(self.topology).model_copy(update={"internet": self.internet})
        return plan(topology, name=self.name, folder=HOME / self.name, loopback="127.77.0.1")


TABLE = (
    Case("aolda", "aolda", internet=False, accel="qemu"),
    Case("aolda-flat", "aolda-flat", internet=False, accel="qemu"),
    Case("aolda-internet", "aolda", internet=True, accel="kvm"),
)


def rendered(case: Case) -> dict[str, str]:
    """Return file name → text of everything a case renders to."""
    everything = case.plan()
    files = {
        "ssh_config": ssh_config(
            everything, identity=HOME / "id_ed25519", known_hosts=HOME / "known_hosts"
        ),
        "known_hosts": known_hosts(everything, {m.name: HOST_KEY for m in everything.machines}),
    }
    for machine in everything.machines:
        files |= rendered_machine(case, everything, machine)
    return files


def rendered_machine(case: Case, everything: Plan, machine: Machine) -> dict[str, str]:
    seed = seed_files(
        everything,
        machine,
        authorized_key=KEY,
        host_key_private=PRIVATE_KEY,
        host_key_public=HOST_KEY,
    )
    return {
        f"{machine.name}.xml": domain_xml(everything, machine, boot=BOOT, accel=case.accel),
        f"{machine.name}.user-data": seed["user-data"],
        f"{machine.name}.meta-data": seed["meta-data"],
        f"{machine.name}.netplan.yaml": seed["network-config"],
    }


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_a_testbed_renders_to_these_files(case: Case, update_golden: bool) -> None:
    expected = CASES / case.name / "expected"
    seen = rendered(case)
    if update_golden:
        rewrite(expected, seen)
    assert {path.name for path in expected.iterdir()} == set(seen), "see --update-golden"
    for name, text in seen.items():
        assert text == (expected / name).read_text(), f"{case.name}/{name}"


def rewrite(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_only_the_router_has_a_road_out(case: Case) -> None:
    """One machine with `wan0`, and `restrict=off` only there and only with internet."""
    files = rendered(case)
    for machine in case.plan().machines:
        xml = files[f"{machine.name}.xml"]
        is_router = machine.role is Role.ROUTER
        assert ("id=wan0" in xml) == is_router
        assert ("restrict=off" in xml) == (is_router and case.internet)
        assert "id=oob0,ipv6=off,restrict=on" in xml
