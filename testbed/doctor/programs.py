"""Checks of what is installed: Python, programs, QEMU."""

import re
import shutil
import sys

from testbed.doctor.finding import Finding, fail, ok, warn
from testbed.doctor.kvm import QEMU, Accelerator
from testbed.run import must, run, search_path

INSTALL = "make set-up"
_OF_IMAGES = ("qemu-img", "mmdebstrap", "gpg", "mke2fs", "tar", "unshare", "setpriv")
ID_MAPPERS = ("newuidmap", "newgidmap")  # with them unshare gives an ordinary user more ids
NEEDED = (*_OF_IMAGES, *ID_MAPPERS, "zstd", "ssh")


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Check the version of Python."""
    seen = ".".join(map(str, version))
    if version < (3, 11):
        return fail("python", f"{seen}, older than 3.11", mend=INSTALL)
    return ok("python", seen)


def programs(needed: tuple[str, ...] = NEEDED) -> Finding:
    """Check that the programs we start are installed."""
    if absent := lacking(needed):
        return fail("programs", absent, mend=INSTALL)
    return ok("programs", ", ".join(needed))


def lacking(needed: tuple[str, ...]) -> str:
    """Return which of the programs are not installed, as a sentence; empty where all are."""
    absent = [name for name in needed if shutil.which(name, path=search_path()) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


def qemu(accelerator: Accelerator) -> Finding:
    """Check QEMU's version against what is known to break."""
    text = must([QEMU, "--version"])
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", text)
    if found is None:
        return warn("qemu", f"it does not say its version but: {text.strip()[:60]}")
    seen = ".".join(found.groups())
    major = int(found[1])
    if major < 8 and accelerator == "qemu":
        cost = "under emulation it corrupts guests with a 6.12 kernel: they panic at random"
        return fail("qemu", seen, mend=f"{INSTALL}  # installs a newer QEMU", cost=cost)
    if major < 10:
        cost = "testbed was proven on QEMU 10 only"
        return warn("qemu", seen, cost=cost)
    return ok("qemu", seen)


def user_network() -> Finding:
    """Check that QEMU was built with the network that out-of-band NICs use."""
    done = run([QEMU, "-accel", "tcg", "-machine", "none", "-netdev", "help"], timeout=10)
    if "user" in done.stdout.split():
        return ok("user network", "QEMU has slirp")
    cost = "no machine could be reached over SSH"
    return fail("user network", "this QEMU was built without slirp", mend=INSTALL, cost=cost)
