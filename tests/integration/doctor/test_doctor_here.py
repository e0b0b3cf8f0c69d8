"""The checks on the host the tests run on, with its own QEMU and libvirt."""

import pytest

from testbed.doctor import files, hypervisor, kvm, payload, programs, users
from testbed.doctor.finding import Verdict
from testbed.image.sandbox import trouble_in_namespace
from testbed.run import run


def test_our_boot_sector_runs_under_emulation(tmp_path):
    disk = tmp_path / "disk"
    disk.write_bytes(payload.boot_sector())
    device = f"isa-debug-exit,iobase={payload.EXIT_PORT:#x},iosize=1"
    machine = (kvm.QEMU, "-accel", "tcg", "-m", "16", "-display", "none", "-nodefaults")
    drive = f"file={disk},format=raw,if=ide"
    done = run([*machine, "-no-reboot", "-device", device, "-drive", drive], timeout=60)
    assert done.exit_status == payload.EXIT_STATUS


def test_the_installed_qemu_serves():
    assert programs.qemu("kvm").verdict is not Verdict.FAIL
    assert programs.user_network().verdict is Verdict.OK
    assert programs.programs().verdict is Verdict.OK


def test_kvm_gets_an_answer_and_keeps_it(tmp_path):
    assert kvm.prove(tmp_path) == kvm.prove(tmp_path)


def test_images_can_be_written(tmp_path):
    assert files.writing("cache folder", tmp_path).verdict is Verdict.OK


def test_namespaces_work_for_this_user():
    finding = users.namespaces(users.me()[1], trouble_in_namespace)
    assert finding.verdict is Verdict.OK, finding.seen


@pytest.mark.parametrize("uri", ["test:///default"])
def test_libvirt_is_asked_through_the_host(uri):
    assert hypervisor.libvirt(hypervisor.asking(uri)).verdict is Verdict.OK
