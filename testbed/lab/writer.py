"""The sequence writer of a lab: a client that outlives restarts of its machine.

What it notes is on the disk, so that it goes on after a reboot where it stood. It notes times as
the machine is up, so beside them stands where the notes of this boot begin.
"""

import shlex
from dataclasses import dataclass

from testbed.guest import Guest, Script, must, write_file
from testbed.probe.ceph import sequence
from testbed.probe.ceph.sequence import PROGRAM
from testbed.wait import Seen, wait_until

_LOGS = "/var/log"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_START = 90.0  # seconds until the first write must be acknowledged


@dataclass(frozen=True, slots=True)
class Written:
    """What the writer had acknowledged, and which of it is not there."""

    acknowledged: int
    lost: int
    longest_gap: float  # seconds between two acknowledged writes


def unit(name: str) -> str:
    """Return the systemd unit of a writer."""
    return f"client-{name}.service"


def log(name: str) -> str:
    """Return the file in which the writer notes what was acknowledged."""
    return f"{_LOGS}/client-{name}.log"


def _boot(name: str) -> str:
    """Return the file with the id of the boot that wrote last, and the log's bytes before it."""
    return f"{_LOGS}/client-{name}.boot"


def start(guest: Guest, pool: str, name: str) -> None:
    """Let a machine write from now on, and return once a write was acknowledged."""
    text = unit_text(pool, name)
    write_file(guest, f"/etc/systemd/system/{unit(name)}", text.encode(), sudo=True)
    enable = f"systemctl daemon-reload\nsystemctl enable --now --quiet {unit(name)}"
    must(guest, Script(enable, sudo=True))

    def look() -> Seen:
        seen = last_write(guest, name)
        return Seen(seen is not None, "no write was acknowledged")

    wait_until(f"{guest.name}: writing to Ceph", look, timeout=_START)


def unit_text(pool: str, name: str) -> str:
    """Return what systemd is told of a writer; `$$` is its word for `$`."""
    note = (
        f'boot=$$(cat {_BOOT_ID}); grep -qs "^$$boot " {_boot(name)} || '
        f'echo "$$boot $$(cat {log(name)} 2>/dev/null | wc -c)" >{_boot(name)}'
    )
    return f"""\
[Unit]
Description=A client that writes to pool {pool}
After=network.target
StartLimitIntervalSec=0

[Service]
ExecStartPre=-/bin/sh -c '{note}'
ExecStart={PROGRAM} write {pool} {name} {log(name)}
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""


def age_script(name: str) -> Script:
    """Return what prints the last acknowledged write, how long the machine is up, and last the
    bytes noted in this boot, where that is known.
    """
    noted, boot = shlex.quote(log(name)), shlex.quote(_boot(name))
    return Script(
        f"""\
tail -n 1 {noted} 2>/dev/null || true
cat /proc/uptime
if [ -e {boot} ]; then
    all=$(stat -c %s {noted} 2>/dev/null || echo 0)
    read -r id before <{boot} || id=''
    [ "$id" = "$(cat {_BOOT_ID})" ] || before=$all
    echo $((all - before))
fi""",
        sudo=True,
    )


def read_age(text: str) -> float | None:
    """Return how many seconds ago the last write was acknowledged; None where none ever was.

    After a restart of the machine, at least as long as it is up.
    """
    lines = text.strip().splitlines()
    in_this_boot = len(lines[-1].split()) != 1 or int(lines.pop()) > 0  # unknown: a writer of old
    *noted, up = lines
    uptime = float(up.split()[0])
    if not noted or len(noted[-1].split()) != 2:
        return None
    at = float(noted[-1].split()[1])
    return uptime - at if in_this_boot and at <= uptime else uptime


def last_write(guest: Guest, name: str) -> float | None:
    """Return how many seconds ago a write was acknowledged."""
    return read_age(must(guest, age_script(name)))


def verify(guest: Guest, pool: str, name: str, *, timeout: float = 60.0) -> Written:
    """Return what was written, after reading all that was acknowledged back."""
    seen = sequence.verify(guest, pool, name, log(name), timeout=timeout)
    return Written(seen.acknowledged, len(seen.lost), max(0.0, seen.longest_gap))
