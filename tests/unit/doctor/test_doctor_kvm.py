"""KVM is believed only where guest code ran; the answer is kept until the host reboots."""

from pathlib import Path

import pytest

from testbed.doctor import kvm, payload
from testbed.doctor.kvm import Places, Proof, accelerator, prove
from testbed.errors import HostError

VERSION = 'case "$*" in --version) echo "QEMU emulator version 10.0.2"; exit 0 ;; esac'
COUNT = 'echo run >>"$0.runs"'
SECTOR_RUNS = f'case "$*" in *isa-debug-exit*) exit {payload.EXIT_STATUS} ;; esac'
KERNEL_PANICS = 'echo "Kernel panic - not syncing: VFS: Unable to mount root fs"'
HANGS = "exec sleep 60"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A host with a device that opens and a kernel that can be read."""
    boot = tmp_path / "boot"
    boot.mkdir()
    for path in (tmp_path / "kvm", boot / "vmlinuz-6.12"):
        path.touch()
    (tmp_path / "boot_id").write_text("first-boot\n")
    return Places(device=tmp_path / "kvm", boot_id=tmp_path / "boot_id", boot=boot)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def long_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy computer even a fake program takes its time."""
    monkeypatch.setattr(kvm, "KERNEL_SECONDS", 10.0)
    monkeypatch.setattr(kvm, "SECTOR_SECONDS", 10.0)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.fixture
def kernels_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kvm, "KERNEL_SECONDS", 0.3)


def qemu(*body: str) -> str:
    return "\n".join((VERSION, COUNT, *body))


def runs(tmp_path: Path) -> int:
    counted = tmp_path / "bin" / f"{kvm.QEMU}.runs"
    return len(counted.read_text().splitlines()) if counted.exists() else 0


def test_a_kernel_that_panics_proves_kvm(fake_program, cache, places):
    fake_program(kvm.QEMU, qemu(SECTOR_RUNS, KERNEL_PANICS))
    assert prove(cache, places=places) == Proof("kvm", "a kernel booted", "kernel")


@pytest.mark.usefixtures("kernels_hang")
def test_a_kernel_that_hangs_means_emulation(fake_program, cache, places):
    fake_program(kvm.QEMU, qemu(SECTOR_RUNS, HANGS))
    proof = prove(cache, places=places)
    assert proof.accelerator == "qemu"
    assert "no kernel boots: vmlinuz-6.12 did not end" in proof.reason


def test_a_kernel_that_ends_without_a_word_proves_nothing(fake_program, cache, places):
    fake_program(kvm.QEMU, qemu(SECTOR_RUNS))
    assert prove(cache, places=places).accelerator == "qemu"


def test_a_boot_sector_that_hangs_is_enough_to_give_up(
    fake_program, tmp_path, cache, places, monkeypatch
):
    monkeypatch.setattr(kvm, "SECTOR_SECONDS", 1.0)  # enough to be counted as a run
    fake_program(kvm.QEMU, qemu(HANGS))
    proof = prove(cache, places=places)
    assert (proof.accelerator, proof.by, runs(tmp_path)) == ("qemu", "boot sector", 1)


def test_qemu_refusing_kvm_gives_its_own_reason(fake_program, cache, places):
    fake_program(kvm.QEMU, qemu('echo "failed to initialize kvm: Device busy" >&2', "exit 1"))
    assert "failed to initialize kvm: Device busy" in prove(cache, places=places).reason


def test_no_device_needs_no_guest(fake_program, tmp_path, cache, places):
    fake_program(kvm.QEMU, qemu(HANGS))
    places.device.unlink()
    proof = prove(cache, places=places)
    assert (proof.accelerator, proof.by, runs(tmp_path)) == ("qemu", "device", 0)
    assert "modprobe" in proof.mend


@pytest.mark.parametrize(
    ("mode", "first"), [(0o660, "sudo usermod -aG kvm"), (0o600, "sudo chgrp kvm")]
)
def test_a_device_that_may_not_be_opened_comes_with_the_way_in(
    monkeypatch, cache, places, mode, first
):
    places.device.chmod(mode)
    monkeypatch.setattr("os.access", lambda *_: False)
    proof = prove(cache, places=places)
    assert proof.accelerator == "qemu"
    assert proof.mend.startswith(first)


def test_another_kind_of_cpu_cannot_run_the_machines(monkeypatch, cache, places):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert "this host is aarch64" in prove(cache, places=places).reason


def test_an_answer_is_kept(fake_program, tmp_path, cache, places):
    fake_program(kvm.QEMU, qemu(SECTOR_RUNS, KERNEL_PANICS))
    first, second = (prove(cache, places=places) for _ in range(2))
    assert first == second
    assert runs(tmp_path) == 2  # boot sector and kernel, once


@pytest.mark.parametrize("change", ["reboot", "qemu", "damage", "again"])
def test_an_answer_is_forgotten(change, fake_program, tmp_path, cache, places):
    fake_program(kvm.QEMU, qemu(SECTOR_RUNS, KERNEL_PANICS))
    prove(cache, places=places)
    if change == "reboot":
        places.boot_id.write_text("second-boot\n")
    elif change == "qemu":
        newer = qemu(SECTOR_RUNS, KERNEL_PANICS).replace("10.0.2", "10.1.0")
        fake_program(kvm.QEMU, newer)
    elif change == "damage":
        (cache / "kvm.json").write_text('{"key": ')
    prove(cache, places=places, again=change == "again")
    assert runs(tmp_path) == 4


@pytest.mark.usefixtures("kernels_hang")
def test_a_boot_sector_alone_is_believed_until_there_is_a_kernel(fake_program, cache, places):
    fake_program(kvm.QEMU, qemu(SECTOR_RUNS, HANGS))
    (places.boot / "vmlinuz-6.12").unlink()
    assert prove(cache, places=places).by == "boot sector"
    assert prove(cache, places=places).accelerator == "kvm"
    image = cache / "images" / "base-0123"
    image.mkdir(parents=True)
    (image / "kernel").touch()
    assert prove(cache, places=places).accelerator == "qemu"


def test_the_newest_image_kernel_comes_before_the_hosts(cache, places):
    image = cache / "images" / "base-0123"
    image.mkdir(parents=True)
    (image / "kernel").touch()
    assert payload.find_kernel(cache, places.boot) == image / "kernel"


def test_the_kernel_of_a_half_built_image_is_not_used(cache, places):
    partial = cache / "images" / ".building-base"
    partial.mkdir(parents=True)
    (partial / "kernel").touch()
    assert payload.find_kernel(cache, places.boot) == places.boot / "vmlinuz-6.12"


@pytest.mark.usefixtures("no_programs")
def test_without_qemu_there_is_no_answer(cache, places):
    with pytest.raises(HostError, match="qemu-system-x86_64"):
        prove(cache, places=places)


def test_the_boot_sector_is_one(tmp_path):
    sector = payload.boot_sector()
    assert (len(sector), sector[-2:]) == (512, b"\x55\xaa")


def test_the_accelerator_is_libvirts_word(monkeypatch, cache):
    monkeypatch.setattr(kvm, "prove", lambda _: Proof("qemu", "no device", "device"))
    assert accelerator(cache) == "qemu"
