"""A node of a cloud, and all that its files are made from."""

from dataclasses import dataclass

from testbed.deploy.ceph.secrets import Secrets as CephKeys
from testbed.deploy.openstack.secrets import RABBIT, Secrets, database
from testbed.plan.cloud import Cloud, CloudNode
from testbed.plan.storage import Storage

MYSQL, AMQP, MEMCACHE, OVN_NB, OVN_SB = 3306, 5672, 11211, 6641, 6642
GALERA = (4444, 4567, 4568)  # whole copies, the group itself, what a member has missed
OVN_RAFT = (6643, 6644)
ERLANG_NAMES, ERLANG = 4369, 25672
HTTP = 80
KEYSTONE, GLANCE, PLACEMENT, NOVA, NEUTRON, CINDER = 5000, 9292, 8778, 8774, 9696, 8776
RABBIT_USER = "openstack"
_SILENCE = 180  # seconds; Galera parts with a member after 90 at most


@dataclass(frozen=True, slots=True)
class Site:
    """One node as its configuration sees it.

    `kvm` is the module of the kernel that gives its instances KVM, "" where they are emulated.
    """

    cloud: Cloud
    storage: Storage
    node: CloudNode
    secrets: Secrets
    ceph_keys: CephKeys
    kvm: str

    @property
    def alone(self) -> bool:
        """Whether the control plane is one node, so that nothing of it is a cluster."""
        return len(self.cloud.controllers) == 1

    def url(self, port: int, path: str = "") -> str:
        """Return the address of an API, which is always the one behind the VIP."""
        return f"http://{self.cloud.vip}:{port}{path}"

    def database(self, user: str, schema: str) -> str:
        """Return where a service finds its database: behind the VIP, which picks one server.

        Who waits for one that is lost, or hangs, gives up and asks anew.
        """
        server = f"{user}:{self.secrets[database(user)]}@{self.cloud.vip}:{MYSQL}"
        waiting = f"read_timeout={_SILENCE}&write_timeout={_SILENCE}"
        return f"mysql+pymysql://{server}/{schema}?charset=utf8&{waiting}"

    @property
    def transport(self) -> str:
        """Where services find the message queue: every member of it, in one address."""
        login = f"{RABBIT_USER}:{self.secrets[RABBIT]}"
        return "rabbit://" + ",".join(f"{login}@{each}" for each in self.each_at(AMQP)) + "/"

    def each_at(self, port: int) -> tuple[str, ...]:
        """Return every controller's address with a port."""
        return tuple(f"{node.address}:{port}" for node in self.cloud.controllers)

    def ovn(self, port: int) -> str:
        """Return where clients find one of OVN's databases: at any controller."""
        return ",".join(f"tcp:{each}" for each in self.each_at(port))
