"""Does KVM work here? A /dev/kvm that opens proves nothing: only a kernel that boots does."""

import json
import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from testbed.doctor import payload
from testbed.errors import HostError
from testbed.run import must, run

Accelerator = Literal["kvm", "qemu"]
By = Literal["kernel", "boot sector", "device"]

QEMU = "qemu-system-x86_64"
KERNEL_SECONDS = 8.0  # a kernel panics for want of a root within 2 s where KVM works
SECTOR_SECONDS = 3.0  # 0.2 s where KVM works

_AGAIN = "testbed doctor --again  # if the computer was busy"
_BARE = ("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none")


@dataclass(frozen=True, slots=True)
class Proof:
    """Which accelerator works, why we say so, and by what it was shown."""

    accelerator: Accelerator
    reason: str
    by: By
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the host keeps what the proof needs."""

    device: Path = Path("/dev/kvm")
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")
    boot: Path = Path("/boot")


def accelerator(cache: Path) -> Accelerator:
    """Return libvirt's word for what machines run on: 'kvm' where it is proven, else 'qemu'."""
    return prove(cache).accelerator


def prove(cache: Path, *, places: Places | None = None, again: bool = False) -> Proof:
    """Return which accelerator works; the answer of a proof is kept until the host reboots.

    Takes up to 11 seconds the first time. `again` forgets the answer kept in `cache`. Raises
    `HostError` where QEMU is not installed.
    """
    places = places or Places()
    refused = _refused(places.device)
    if refused is not None:
        return refused
    kernel = payload.find_kernel(cache, places.boot)
    boot = places.boot_id.read_text(encoding="utf-8").strip()
    key = f"{boot} {_first_line(must([QEMU, '--version']))}"
    kept = None if again else _recall(cache, key)
    # A boot sector that ran is a weak proof, so it stands only until there is a kernel.
    if kept is not None and (kernel is None or kept.by == "kernel" or kept.accelerator == "qemu"):
        return kept
    proof = _run_guest(kernel)
    _keep(cache, key, proof)
    return proof


def _refused(device: Path) -> Proof | None:
    """Return why KVM cannot even be tried, or None where it can."""
    if platform.machine() != "x86_64":
        return Proof(
            "qemu", f"the machines are x86_64, this host is {platform.machine()}", "device"
        )
    if not device.exists():
        mend = "sudo modprobe kvm_intel || sudo modprobe kvm_amd  # or turn on VT-x/AMD-V"
        return Proof("qemu", f"there is no {device}", "device", mend)
    if not os.access(device, os.R_OK | os.W_OK):
        return Proof("qemu", f"{device} may not be opened by this user", "device", _open(device))
    return None


def _open(device: Path) -> str:
    """Return the command that lets this user open the device."""
    join = "sudo usermod -aG kvm $USER  # then log in again"
    if device.stat().st_mode & 0o060 == 0o060:
        return join
    return f"sudo chgrp kvm {device} && sudo chmod 0660 {device} && {join}"


def _run_guest(kernel: Path | None) -> Proof:
    """Run guest code under KVM: the boot sector first, as it is quick, then a kernel."""
    sector = _sector_runs()
    if sector is not None:
        reason = f"/dev/kvm opens, but no guest code runs: {sector}"
        return Proof("qemu", reason, "boot sector", _AGAIN)
    if kernel is None:
        return Proof("kvm", "a boot sector ran; no kernel to boot was found", "boot sector")
    trouble = _kernel_boots(kernel)
    if trouble is not None:
        reason = f"/dev/kvm opens, but no kernel boots: {trouble}"
        return Proof("qemu", reason, "kernel", _AGAIN)
    return Proof("kvm", "a kernel booted", "kernel")


def _sector_runs() -> str | None:
    """Run the boot sector under KVM; return what went wrong, or None."""
    with tempfile.NamedTemporaryFile(prefix="testbed-") as disk:
        disk.write(payload.boot_sector())
        disk.flush()
        exit_door = f"isa-debug-exit,iobase={payload.EXIT_PORT:#x},iosize=1"
        argv = (QEMU, "-accel", "kvm", "-m", "16", *_BARE, "-device", exit_door)
        drive = f"file={disk.name},format=raw,if=ide,snapshot=on"
        try:
            done = run([*argv, "-drive", drive], timeout=SECTOR_SECONDS, stdin="")
        except HostError:
            return f"a boot sector did not end within {SECTOR_SECONDS:g} s"
    return None if done.exit_status == payload.EXIT_STATUS else done.last_line


def _kernel_boots(kernel: Path) -> str | None:
    """Boot a kernel that has no root, so that it panics; return what went wrong, or None."""
    words = "console=ttyS0 panic=-1"
    argv = (QEMU, "-accel", "kvm", "-cpu", "max", "-m", "256", *_BARE, "-serial", "stdio")
    try:
        done = run(
            [*argv, "-kernel", str(kernel), "-append", words], timeout=KERNEL_SECONDS, stdin=""
        )
    except HostError:
        return f"{kernel.name} did not end within {KERNEL_SECONDS:g} s"
    return None if "Kernel panic" in done.stdout else done.last_line


def _recall(cache: Path, key: str) -> Proof | None:
    try:
        kept = json.loads(_note(cache).read_text(encoding="utf-8"))
        return Proof(**kept["proof"]) if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(cache: Path, key: str, proof: Proof) -> None:
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=cache, prefix=".kvm-", delete=False
    ) as partial:
        json.dump({"key": key, "proof": asdict(proof)}, partial)
    Path(partial.name).replace(_note(cache))


def _note(cache: Path) -> Path:
    return cache / "kvm.json"


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
