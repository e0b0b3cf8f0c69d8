"""What a look at a sound `aolda-cloud` sees."""

from testbed.probe.cloud.seen import CloudSeen, InstanceSeen, NodeSeen, ServiceSeen

ROLES = {"nb": "follower", "sb": "follower"}
LEADS = {"nb": "leader", "sb": "leader"}
NAMES = ("node1", "node2", "node3")
SOUND = CloudSeen(
    nodes=tuple(
        NodeSeen(
            name,
            control=True,
            vip=name == "node2",
            database="Synced",
            members=3,
            queue=NAMES,
            networks=LEADS if name == "node1" else ROLES,
            chassis=True,
            provider=True,
            guarded=True,
        )
        for name in NAMES
    ),
    endpoints={"keystone": "300", "nova": "200"},
    services=(ServiceSeen("nova-compute", "node1", up=True),),
    agents=(ServiceSeen("OVN Controller agent", "node1", up=True),),
    hypervisors=tuple(ServiceSeen("hypervisor", name, up=True) for name in NAMES),
    instances=(InstanceSeen("web", "ACTIVE", "node3", ("192.168.100.7", "10.0.40.9")),),
)
