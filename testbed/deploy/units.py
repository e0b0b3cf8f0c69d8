"""systemd's units in a machine: what runs, now and after the next boot, and what is to."""

import re
import shlex
from collections.abc import Iterable

# With it systemctl leaves alone what Debian keeps beside units for another init. For each service
# that has such a script it would read all units again three times: 13 s of an emulated node, not 1.
_UNITS_ALONE = "SYSTEMCTL_SKIP_SYSV=1"
# Without it systemctl asks for it whenever somebody touches a unit that was enabled.
REREAD = "systemctl daemon-reload"
_AT_BOOT = {"enabled", "static"}  # by itself, or by what wants it


def look(units: Iterable[str]) -> str:
    """Return shell lines that tell `running` of units; they change nothing.

    systemd remembers whether a unit is enabled as it was when it last read it: files know better.
    The lines fail where systemd does not answer; that a unit is not enabled is an answer.
    """
    asked = _quoted(units)
    return (
        f"echo units {asked}\n"
        f"now=$(systemctl show --property=ActiveState --value {asked}) && echo now $now || exit\n"
        f"boot=$({_UNITS_ALONE} systemctl is-enabled {asked} 2>/dev/null) ||"
        ' [ -n "$boot" ] || exit\n'
        "echo boot $boot"
    )


def running(told: str) -> frozenset[str]:
    """Return which units are active and will be after the next boot, by what `look` printed."""
    words = dict(re.findall(r"^(units|now|boot) (.*)$", told, re.MULTILINE))
    units, now, boot = (words.get(line, "").split() for line in ("units", "now", "boot"))
    seen = zip(units, now, boot, strict=True)
    return frozenset(unit for unit, now, boot in seen if now == "active" and boot in _AT_BOOT)


def enabling(units: Iterable[str]) -> str:
    """Return a shell line after which units start at every boot; `REREAD` ought to follow it."""
    return f"{_UNITS_ALONE} systemctl enable --no-reload --quiet {_quoted(units)}"


def _quoted(units: Iterable[str]) -> str:
    return " ".join(map(shlex.quote, units))
