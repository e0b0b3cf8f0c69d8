"""Checks of libvirt: it answers, it is new enough, it remembers QEMU, its sockets have room."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from testbed.doctor.finding import Finding, fail, ok, warn
from testbed.errors import HostError
from testbed.host import Host, HostFacts

OLDEST = (9, 0, 0)
LONGEST_SOCKET = 107  # bytes of a path the kernel takes for a socket
_SLOW = 1.0  # seconds; an answer from memory takes some milliseconds
_NAME = "libvirt"


def libvirt(ask: Callable[[], HostFacts], clock: Callable[[], float] = time.monotonic) -> Finding:
    """Ask libvirt twice what the host offers; the second answer must come from its memory.

    It does not where libvirt and the user QEMU runs as disagree on access to /dev/kvm.
    """
    try:
        facts = ask()
        start = clock()
        ask()
    except HostError as error:
        mend = error.next_step if error.next_step != "run: testbed doctor" else ""
        return fail(
            _NAME, error.why, mend=mend or "libvirtd --verbose", cost="no machine can be made"
        )
    seconds = clock() - start
    seen = ".".join(map(str, facts.libvirt_version))
    if facts.libvirt_version < OLDEST:
        return fail(_NAME, f"{seen}, older than 9.0", mend="make set-up")
    if seconds > _SLOW:
        seen = f"{seen}; it examines QEMU anew on every call, which took {seconds:.0f} s"
        mend = "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm"
        return warn(_NAME, seen, mend=mend, cost="each start of a machine takes that much longer")
    return ok(_NAME, f"{seen} answers")


def asking(uri: str) -> Callable[[], HostFacts]:
    """Return a question to libvirt about the host, over a connection of its own."""

    def ask() -> HostFacts:
        with Host.open(uri) as host:
            return host.facts()

    return ask


def socket_paths(runtime: str, config: Path, cache: Path) -> Finding:
    """Check that libvirt's and QEMU's sockets get paths the kernel takes.

    `runtime` is the value of XDG_RUNTIME_DIR; where it is empty libvirt uses `cache`.
    """
    name = "socket paths"
    if runtime and not os.access(runtime, os.W_OK | os.X_OK):
        seen = f"XDG_RUNTIME_DIR is '{runtime}', which this user cannot write"
        return fail(name, seen, mend="unset XDG_RUNTIME_DIR", cost="libvirt cannot start")
    monitor = "libvirt/qemu/lib/domain-999-testbed-name-machine/monitor.sock"
    agent = "libvirt/qemu/run/channel/999-testbed-name-machine/org.qemu.guest_agent.0"
    paths = {
        config / monitor: _lasting("XDG_CONFIG_HOME", "/srv/$USER"),
        (Path(runtime) if runtime else cache) / agent: _lasting(
            "XDG_RUNTIME_DIR", "/srv/$USER-run"
        ),
    }
    for path, mend in paths.items():
        if _length(path) > LONGEST_SOCKET:
            seen = f"{path} is {_length(path)} bytes long, {LONGEST_SOCKET} are allowed"
            return fail(name, seen, mend=mend, cost="no machine can start")
    longest = max(map(_length, paths))
    return ok(name, f"{longest} of {LONGEST_SOCKET} bytes used")


def _lasting(variable: str, folder: str) -> str:
    """Return what names a folder in every log-in: in another one libvirt would know no domain."""
    return (
        f"sudo install -d -m 700 -o $USER {folder}; "
        f"echo 'export {variable}={folder}' >> ~/.profile; . ~/.profile"
    )


def _length(path: Path) -> int:
    return len(os.fsencode(path))
