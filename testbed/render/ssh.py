"""What an SSH client needs to reach the machines: a configuration and their host keys."""

from collections.abc import Mapping
from pathlib import Path

from testbed.plan.models import Machine, Plan

USER = "aolda"


def ssh_config(plan: Plan, *, identity: Path, known_hosts: Path) -> str:
    """Return an ssh_config with one Host for each machine."""
    return "\n".join(
        _host(plan, machine, identity=identity, known_hosts=known_hosts)
        for machine in plan.machines
    )


def _host(plan: Plan, machine: Machine, *, identity: Path, known_hosts: Path) -> str:
    options = {
        "HostName": plan.loopback,
        "Port": machine.oob.ssh_port,
        "User": USER,
        "IdentityFile": _quoted(identity),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": _quoted(known_hosts),
        "StrictHostKeyChecking": "yes",
        "LogLevel": "ERROR",
    }
    lines = (f"  {option} {value}\n" for option, value in options.items())
    return f"Host {machine.name}\n{''.join(lines)}"


def _quoted(path: Path) -> str:
    """Return a path that ssh reads literally: in quotes, with its percent signs doubled."""
    return '"' + str(path).replace("%", "%%") + '"'


def known_hosts(plan: Plan, host_keys: Mapping[str, str]) -> str:
    """Return known_hosts lines; `host_keys` maps machine names to public keys, 'TYPE BASE64'."""
    return "".join(
        f"[{plan.loopback}]:{machine.oob.ssh_port} {_without_comment(host_keys[machine.name])}\n"
        for machine in plan.machines
    )


def _without_comment(public_key: str) -> str:
    return " ".join(public_key.split()[:2])
