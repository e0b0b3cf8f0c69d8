"""The inventory: which node is in which group, its interfaces, and the way into it."""

from collections.abc import Iterator

from testbed.plan.cloud import Cloud, CloudNode
from testbed.topology.kolla_groups import DEPLOYMENT, members

_ON_CONTROLLERS = ("control", "network", "monitoring")
_ON_ALL = ("compute", "storage")


def inventory(cloud: Cloud, testbed: str) -> str:
    """Return the inventory, as Ansible's INI plugin reads it."""
    return "\n\n".join(_parts(cloud, testbed)) + "\n"


def _parts(cloud: Cloud, testbed: str) -> Iterator[str]:
    yield f"# The nodes of testbed '{testbed}', their interfaces and what runs on them."
    yield "\n".join(_host(node) for node in cloud.nodes)
    for group in _ON_CONTROLLERS:
        yield _group(group, (node.machine for node in cloud.controllers))
    for group in _ON_ALL:
        yield _group(group, (node.machine for node in cloud.nodes))
    yield (
        "# Empty: of a host listed here, your own computer, kolla-ansible would demand a\n"
        "# distribution it knows and sudo without a password.\n"
        f"[{DEPLOYMENT}]"
    )
    for group, parts in members().items():
        yield _group(f"{group}:children", parts)
    yield (
        "[all:vars]\n"
        "# Through each machine's out-of-band NIC; addresses and keys are in ssh_config.\n"
        """ansible_ssh_common_args='-F "{{ inventory_dir }}/ssh_config"'"""
    )


def _host(node: CloudNode) -> str:
    # kolla-ansible prefers globals.yml to this file, so what may differ by node is only here.
    return (
        f"{node.machine} network_interface={node.api_interface} "
        f"tunnel_interface={node.tunnel_interface} "
        f"neutron_external_interface={node.provider_interface}"
    )


def _group(name: str, lines: Iterator[str] | tuple[str, ...]) -> str:
    return "\n".join((f"[{name}]", *lines))
