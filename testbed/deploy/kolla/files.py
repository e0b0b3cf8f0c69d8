"""Everything kolla-ansible is run with, by the name of each file in one folder."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from testbed.deploy.ceph.secrets import Secrets
from testbed.deploy.kolla.ceph import ceph_files
from testbed.deploy.kolla.commands import script
from testbed.deploy.kolla.guide import guide
from testbed.deploy.kolla.inventory import inventory
from testbed.deploy.kolla.settings import globals_yml
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan
from testbed.plan.storage import Storage

SSH_CONFIG = "ssh_config"
# Emulated machines are slow to answer, and each connection costs them seconds.
_ANSIBLE_CFG = """\
[defaults]
# Not in your home, where other versions of them may be.
collections_path = collections
timeout = 60

[connection]
pipelining = True

[ssh_connection]
# Machines of another testbed have the same names, and other addresses and ports.
control_path = %(directory)s/%%C
"""
_USUAL_MTU = 1500  # what neutron takes for granted
_NONE: Secrets = MappingProxyType({})


def files(
    plan: Plan, cloud: Cloud, storage: Storage, *, keys: Secrets = _NONE, ssh_config: str = ""
) -> Mapping[str, str]:
    """Return the text of each file by its name in the folder.

    `keys` are those of OpenStack's users in Ceph, `ssh_config` is the way into the machines;
    a testbed that is not raised has neither.
    """
    found = {
        "README.md": guide(plan, cloud, raised=bool(ssh_config)),
        "ansible.cfg": _ANSIBLE_CFG,
        "commands.sh": script(cloud, plan.name),
        "globals.yml": globals_yml(cloud, storage, plan.name),
        "inventory": inventory(cloud, plan.name),
        **ceph_files(storage, keys),
        **dict(_mtus(cloud)),
    }
    return found | ({SSH_CONFIG: ssh_config} if ssh_config else {})


def _mtus(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Yield how large packets may be, where that is not as usual; roles merge it with their own."""
    outside = cloud.outside.mtu if cloud.outside else _USUAL_MTU
    if {outside, cloud.tunnel_mtu} != {_USUAL_MTU}:
        yield "config/neutron.conf", f"[DEFAULT]\nglobal_physnet_mtu = {outside}\n"
        yield "config/neutron/ml2_conf.ini", f"[ml2]\npath_mtu = {cloud.tunnel_mtu}\n"
