"""Faults of rules, services, disks, Ceph's settings, and those that only a script can say."""

import shlex
from collections.abc import Mapping

from testbed.errors import LabError
from testbed.lab.faults.actions import FaultSteps, InGuest, UnwipeDisk, WipeDisk
from testbed.lab.format.faults import (
    CephSetting,
    DiskWiped,
    FirewallRule,
    Scripted,
    ServiceStopped,
)

_RULES = "/etc/nftables.conf"
_INDENT = " " * 8
_ASK_CEPH = ("ceph", "--connect-timeout", "20")


def firewall(fault: FirewallRule) -> FaultSteps:
    """A rule before all others of its chain; in the file, too, where it lasts."""
    chain = f"ip router {fault.chain}"
    load = f"nft -f {_RULES}"
    # stateless: what a counter has counted stands between the words of a rule
    is_loaded = f"nft -s list chain {chain} | grep -qF -- {shlex.quote(fault.rule)}"
    if not fault.persistent:
        insert = f"{is_loaded} || nft insert rule {chain} {shlex.quote(fault.rule)}"
        return FaultSteps(
            inject=(InGuest(fault.machine, insert),),
            manifested=(InGuest(fault.machine, is_loaded),),
            heal=(InGuest(fault.machine, load),),
        )
    line = shlex.quote(_INDENT + fault.rule)
    there = f"grep -qxF {line} {_RULES}"
    return FaultSteps(
        inject=(InGuest(fault.machine, f"{there} || {{\n{_insert(fault)}\n}}\n{load}"),),
        manifested=(InGuest(fault.machine, f"{there}\n{is_loaded}"),),
        heal=(InGuest(fault.machine, f"{_without(line)}\n{load}"),),
    )


def _insert(fault: FirewallRule) -> str:
    """The script that puts the rule into the file; through `cat`, so that its mode stays."""
    program = (
        "{print} /^table ip router/ {inside = 1} /^}/ {inside = 0}"
        f' inside && /hook {fault.chain} priority/ {{print ENVIRON["RULE"]}}'
    )
    rule = shlex.quote(_INDENT + fault.rule)
    return (
        f'new=$(RULE={rule} awk {shlex.quote(program)} {_RULES})\nprintf "%s\\n" "$new" >{_RULES}'
    )


def _without(line: str) -> str:
    return f'old=$(grep -vxF {line} {_RULES})\nprintf "%s\\n" "$old" >{_RULES}'


def service(fault: ServiceStopped) -> FaultSteps:
    """A unit that does not run; disabled, it does not after a reboot either."""
    unit = shlex.quote(fault.unit)
    off = [f"systemctl stop {unit}", *([f"systemctl disable {unit}"] if fault.disabled else [])]
    on = [
        *([f"systemctl enable {unit}"] if fault.disabled else []),
        f"systemctl reset-failed {unit} 2>/dev/null || true",
        f"systemctl start {unit}",
    ]
    return FaultSteps(
        inject=(InGuest(fault.machine, "\n".join(off)),),
        manifested=(InGuest(fault.machine, f"! systemctl is-active --quiet {unit}"),),
        heal=(InGuest(fault.machine, "\n".join(on)),),
    )


def disk(fault: DiskWiped) -> FaultSteps:
    """The head of a disk is gone, and with it the service that lives on it."""
    unit = shlex.quote(fault.unit)
    start = f"systemctl reset-failed {unit} 2>/dev/null || true\nsystemctl start {unit}"
    return FaultSteps(
        inject=(
            InGuest(fault.machine, f"systemctl stop {unit}"),
            WipeDisk(fault.machine, fault.serial),
        ),
        manifested=(WipeDisk(fault.machine, fault.serial),),
        heal=(UnwipeDisk(fault.machine, fault.serial), InGuest(fault.machine, start)),
    )


def ceph(fault: CephSetting) -> FaultSteps:
    """A setting changed by the monitors, which say whether they took it."""
    return FaultSteps(
        inject=(InGuest(fault.on, shlex.join((*_ASK_CEPH, *fault.do))),),
        manifested=(),
        heal=(InGuest(fault.on, shlex.join((*_ASK_CEPH, *fault.undo))),),
    )


def scripted(fault: Scripted, scripts: Mapping[str, str]) -> FaultSteps:
    """The lab's own scripts."""
    names = (fault.inject, fault.manifested, fault.heal)
    if missing := [name for name in names if name not in scripts]:
        raise LabError(
            f"fault '{fault.id}' cannot be made",
            why=f"the lab's folder has no {', '.join(missing)}",
            next_step="run: testbed lab lint",
        )
    inject, manifested, heal = (InGuest(fault.machine, scripts[name]) for name in names)
    return FaultSteps((inject,), (manifested,), (heal,))
