"""Checks of what surrounds us: KVM's answer, memory, clock, terminal."""

import datetime
from collections.abc import Mapping
from pathlib import Path

from testbed.doctor.finding import Finding, fail, ok, warn
from testbed.doctor.kvm import Proof

# Measured without KVM: six machines side by side, each from its start to "ready".
_CPU_SECONDS_OF_UP = 360


def kvm(proof: Proof, cpus: int) -> Finding:
    """Say whether machines run on the CPU itself, and if not what that costs."""
    if proof.accelerator == "kvm":
        return ok("kvm", proof.reason)
    minutes = max(1, round(_CPU_SECONDS_OF_UP / cpus / 60))
    cost = (
        "machines run emulated, several times slower: "
        f"`up` takes about {minutes} minute{'' if minutes == 1 else 's'}"
    )
    return warn("kvm", proof.reason, mend=proof.mend, cost=cost)


def processor(machine: str) -> Finding:
    """Check that this host is of the kind that machines and their packages are made for."""
    if machine == "x86_64":
        return ok("processor", machine)
    mend = "ssh COMPUTER  # one with an x86-64 processor; testbeds run there"
    cost = "no image can be built, and machines are x86-64"
    return fail("processor", machine, mend=mend, cost=cost)


def memory(needs: Mapping[str, int], meminfo: Path = Path("/proc/meminfo")) -> Finding:
    """Check the memory that is free against what each topology needs, in MiB."""
    free = _available_mib(meminfo)
    small = [name for name, need in needs.items() if need > free]
    seen = f"{free / 1024:.1f} GiB free"
    if not small:
        return ok("memory", f"{seen}, enough for {' or '.join(needs)}")
    lacking = ", ".join(f"'{name}' needs {needs[name] / 1024:.1f} GiB" for name in small)
    mend = "ps -eo rss,comm --sort=-rss | head  # close what you do not need"
    if len(small) < len(needs):
        return warn("memory", seen, mend=mend, cost=lacking)
    return fail("memory", seen, mend=mend, cost=lacking)


def clock(now: float, source: Path = Path(__file__)) -> Finding:
    """Check that the clock, in seconds since 1970, is not before this program was installed."""
    shown = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now < source.stat().st_mtime - 86_400:
        cost = "packages and certificates would be taken for ones from the future"
        return fail("clock", f"{shown} is in the past", mend="sudo date -s 'TIME'", cost=cost)
    return ok("clock", shown)


def terminal(encoding: str) -> Finding:
    """Check that what is printed can hold the characters of graphs and tables."""
    if encoding.lower().replace("-", "") == "utf8":
        return ok("terminal", encoding)
    cost = "drawings and Korean text come out garbled"
    return warn("terminal", encoding or "unknown", mend="export LC_ALL=C.UTF-8", cost=cost)


def _available_mib(meminfo: Path) -> int:
    for line in meminfo.read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0
