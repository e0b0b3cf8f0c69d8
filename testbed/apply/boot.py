"""From power-on to cloud-init done, watched on the console instead of asking the busy guest."""

import re
from pathlib import Path

from testbed.errors import GuestError
from testbed.guest import Guest, Script, must
from testbed.host import Host
from testbed.plan.models import Machine
from testbed.wait import Seen, wait_until

BOOTED, SSH, CLOUD_INIT = "booted", "ssh", "cloud-init"
# Printed on the console by units of the image. A line still being written proves nothing yet:
# "cloud-init" may become "cloud-init error".
_MARK = re.compile(r"testbed-stage: ([a-z-]+)(?: ([a-z]+))?[^\r\n]*[\r\n]")
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")  # what colours and moves a cursor
_DEADLINE = {BOOTED: 300.0, SSH: 420.0, CLOUD_INIT: 420.0}


def width(cpus: int, accel: str) -> int:
    """Return how many machines may boot side by side: emulators slow each other down."""
    return max(2, cpus * (4 if accel == "kvm" else 1))


def console_marks(log: Path) -> dict[str, str]:
    """Return the stages a machine has told on its console, with what it said of each."""
    return {mark[1]: mark[2] or "" for mark in _MARK.finditer(_console(log))}


def _console(log: Path) -> str:
    """Return what a machine printed, without escape sequences; nothing where it printed nothing."""
    try:
        text = log.read_bytes().decode(errors="replace")  # carriage returns and all
    except FileNotFoundError:
        return ""
    return _ESCAPE.sub("", text)


def wait_for_mark(host: Host, machine: Machine, log: Path, stage: str) -> None:
    """Return once the machine has told the stage on its console.

    Raises `WaitTimeout`, or `GuestError` at once where the machine stops or cloud-init fails.
    """

    def look() -> Seen:
        marks = console_marks(log)
        if stage in marks:
            if marks[stage] == "error":
                raise cloud_init_failed(machine)
            return Seen(True, marks[stage])
        _must_run(host, machine)
        return Seen(False, _last_line(log))

    wait_until(
        f"{machine.name}: {stage}",
        look,
        timeout=_DEADLINE[stage],
        every=0.5,
        next_step=f"look at its console: testbed console {machine.name}",
    )


def wait_for_ssh(host: Host, machine: Machine, guest: Guest) -> None:
    """Return once the machine lets us in; the road for images that tell nothing on the console."""

    def look() -> Seen:
        _must_run(host, machine)
        try:
            must(guest, Script("true"), timeout=30)
        except GuestError as error:
            return Seen(False, error.why or error.what)
        return Seen(True, "it lets us in")

    wait_until(
        f"{machine.name}: SSH",
        look,
        timeout=_DEADLINE[SSH],
        every=5.0,
        next_step=f"look at its console: testbed console {machine.name}",
    )


def wait_for_cloud_init(machine: Machine, guest: Guest) -> None:
    """Return once cloud-init says it is done; raises `GuestError` where it failed."""
    # Its exit status tells degraded from failed in some versions only; its text always does.
    script = Script("cloud-init status --wait >/dev/null || true; cloud-init status || true")
    if "error" in must(guest, script, timeout=_DEADLINE[CLOUD_INIT]):
        raise cloud_init_failed(machine)


def cloud_init_failed(machine: Machine) -> GuestError:
    """Return the error of a machine whose first boot went wrong."""
    return GuestError(
        f"{machine.name}: cloud-init failed",
        why="its status is 'error'",
        next_step=f"read: testbed ssh {machine.name} -- sudo cat /var/log/cloud-init.log",
    )


def _must_run(host: Host, machine: Machine) -> None:
    found = host.find_domain(machine.domain)
    if found is None or found.state != "running":
        raise GuestError(
            f"{machine.name} stopped while it was booting",
            why=f"its domain is {found.state if found else 'gone'}",
            next_step="run: testbed logs collect, then: testbed up",
        )


def _last_line(log: Path) -> str:
    lines = ("".join(filter(str.isprintable, line)) for line in _console(log).splitlines())
    told = [line.strip() for line in lines if line.strip()]
    return f"on its console: {told[-1][:120]}" if told else "nothing on its console"
