"""What a machine's cloud-init is told: the three files of its seed."""

from collections.abc import Iterator
from typing import Any

from testbed.plan.models import Machine, Plan
from testbed.render import outside
from testbed.render.chrony import chrony
from testbed.render.hosts import hosts
from testbed.render.netplan import netplan
from testbed.render.router import nftables
from testbed.render.ssh import USER
from testbed.render.switch import switch_files
from testbed.render.yaml_text import yaml_text
from testbed.topology.models import Role


def seed_files(
    plan: Plan,
    machine: Machine,
    *,
    authorized_key: str,
    host_key_private: str,
    host_key_public: str,
) -> dict[str, str]:
    """Return file name → text of a machine's seed."""
    user_data = {
        "hostname": machine.name,
        "users": [_user(authorized_key)],
        "disable_root": True,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_keys": {"ed25519_private": host_key_private, "ed25519_public": host_key_public},
        "write_files": [
            {"path": path, "content": text} for path, text in machine_files(plan, machine).items()
        ],
    }
    if commands := list(_commands(machine)):
        user_data["runcmd"] = commands
    return {
        "user-data": "#cloud-config\n" + yaml_text(user_data),
        "meta-data": yaml_text(_meta_data(machine)),
        "network-config": netplan(plan, machine),
    }


def machine_files(plan: Plan, machine: Machine) -> dict[str, str]:
    """Return path → text of every file a machine is given."""
    files = {"/etc/hosts": hosts(plan, machine), "/etc/chrony/chrony.conf": chrony(plan, machine)}
    if plan.internet:
        files["/etc/resolv.conf"] = f"nameserver {outside.WAN_DNS}\n"
    if machine.role is Role.ROUTER:
        files["/etc/nftables.conf"] = nftables(plan, machine)
        files["/etc/sysctl.d/50-router.conf"] = "net.ipv4.ip_forward = 1\n"
    return files | switch_files(machine)


def _user(authorized_key: str) -> dict[str, Any]:
    return {
        "name": USER,
        "groups": ["adm", "sudo"],
        "shell": "/bin/bash",
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
        "lock_passwd": True,
        "ssh_authorized_keys": [authorized_key],
    }


def _meta_data(machine: Machine) -> dict[str, str]:
    # Local mode: everything is in place before the network and what needs it starts.
    return {
        "instance-id": f"testbed-{machine.uuid}",
        "local-hostname": machine.name,
        "dsmode": "local",
    }


def _commands(machine: Machine) -> Iterator[list[str]]:
    """Yield what cannot be said with files; each command costs an emulated machine a second."""
    if machine.role is Role.ROUTER:
        # The rules before the forwarding: a router must not be open for a moment.
        yield ["systemctl", "enable", "--now", "nftables.service"]
        yield ["sysctl", "-q", "-p", "/etc/sysctl.d/50-router.conf"]
