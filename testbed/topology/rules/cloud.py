"""Rules about OpenStack: which machines and networks a cloud of them can stand on."""

from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.cloud import (
    HA_NODES,
    POOLS,
    api_vlan,
    cloud_nodes,
    free_range,
    free_vip,
    layout,
    router_in,
)
from testbed.topology.kolla_groups import names as group_names
from testbed.topology.models import Cloud, CloudLayout, CloudProvider, Provider, Topology
from testbed.topology.rules.parts import attachments
from testbed.topology.rules.vlans import unknown_vlan

_WHERE = "cloud"
_WITHOUT = {"base", "storage", "tenant", "kolla", "microceph"}
# MiB; what services take on a node: 2.8 GiB with the control plane, measured; and a quarter more.
LEAST_MEMORY = {"control": 3584, "compute": 1536}


def keys_of_the_provider(topology: Topology) -> Iterator[Problem]:
    """What only one provider reads would mislead beside the other."""
    wanted = topology.cloud
    if wanted is None:
        return
    if wanted.provider is CloudProvider.KOLLA and wanted.layout is not None:
        what = f"'layout: {wanted.layout}' means nothing to kolla, which spreads over three nodes"
        yield Problem(f"{_WHERE}.layout", what, "remove the line, or write provider: packages")
    if wanted.provider is CloudProvider.PACKAGES and wanted.registry is not None:
        what = "packages are in the image already; nothing is fetched from a registry"
        yield Problem(f"{_WHERE}.registry", what, "remove the line, or write provider: kolla")


def packages_on_debians_ceph(topology: Topology) -> Iterator[Problem]:
    """Debian's OpenStack finds Ceph's files where Debian's Ceph has them."""
    storage = topology.storage
    if not _of(topology, CloudProvider.PACKAGES) or storage is None:
        return
    if storage.provider is not Provider.CEPH:
        what = f"OpenStack of packages needs Debian's Ceph, not '{storage.provider}'"
        yield Problem("storage.provider", what, "write provider: ceph")


def image_with_openstack(topology: Topology) -> Iterator[Problem]:
    """No other shipped image has it; what a recipe of the user's has is not known."""
    if not _of(topology, CloudProvider.PACKAGES):
        return
    for name in cloud_nodes(topology):
        image = topology.machines[name].image
        if image in _WITHOUT:
            what = f"'{name}' takes part, but there is no OpenStack in its image, '{image}'"
            yield Problem(f"machines.{name}.image", what, "write image: cloud")


def _of(topology: Topology, provider: CloudProvider) -> Cloud | None:
    """Return the cloud section where it is of that provider."""
    found = topology.cloud
    return found if found is not None and found.provider is provider else None


def known_cloud_vlans(topology: Topology) -> Iterator[Problem]:
    wanted = topology.cloud
    if wanted is None:
        return
    for key, vlan in (("tunnel_vlan", wanted.tunnel_vlan), ("provider_vlan", wanted.provider_vlan)):
        if vlan not in topology.vlans:
            yield unknown_vlan(topology, f"{_WHERE}.{key}", vlan)


def cloud_needs_storage(topology: Topology) -> Iterator[Problem]:
    if topology.cloud is None:
        return
    if topology.storage is None:
        what = "OpenStack keeps images and disks in Ceph, but there is no 'storage' section"
        yield Problem(_WHERE, what, "add one, for example storage: {vlan: storage}")
        return
    for pool in POOLS:
        if pool not in topology.storage.pools:
            what = f"OpenStack needs the pool '{pool}', but it is not listed"
            yield Problem("storage.pools", what, f"add {pool}; all it needs: {', '.join(POOLS)}")


def cloud_node_count(topology: Topology) -> Iterator[Problem]:
    """Databases and queues decide by majority, which two nodes have only together."""
    if topology.cloud is None:
        return
    count = len(cloud_nodes(topology))
    if count == 0:
        what = "OpenStack needs machines to run on, but no machine is a node"
        yield Problem(_WHERE, what, "give a machine the role: node")
    elif topology.cloud.layout is CloudLayout.HA and count < HA_NODES:
        have = "there is 1 node" if count == 1 else f"there are {count} nodes"
        what = f"'layout: ha' needs {HA_NODES} nodes for a majority, but {have}"
        yield Problem(f"{_WHERE}.layout", what, "add some, or write layout: compact")
    elif count == 2 and _of(topology, CloudProvider.KOLLA):
        what = "of two nodes neither may fail: their databases need a majority"
        yield Problem(_WHERE, what, "add a third node, or keep one")


def one_gateway_of_the_cloud(topology: Topology) -> Iterator[Problem]:
    """The APIs are where the nodes' names lead to: in their gateway VLAN."""
    nodes = cloud_nodes(topology) if topology.cloud else {}
    first = next((node.gateway for node in nodes.values() if node.gateway), None)
    for name, node in nodes.items():
        if node.gateway is None:
            what = f"'{name}' is in the cloud, but has no gateway"
            hint = f"add gateway: {first or next(iter(topology.vlans))}; the APIs are in that VLAN"
            yield Problem(f"machines.{name}", what, hint)
        elif node.gateway != first:
            what = f"'{name}' has its gateway in '{node.gateway}', another node in '{first}'"
            hint = f"the APIs are in one VLAN: write gateway: {first}"
            yield Problem(f"machines.{name}.gateway", what, hint)


def cloud_addresses(topology: Topology) -> Iterator[Problem]:
    wanted, storage = topology.cloud, topology.storage
    if wanted is None:
        return
    for name, node in cloud_nodes(topology).items():
        needed = {wanted.tunnel_vlan}
        if storage is not None and storage.nodes is not None and name not in storage.nodes:
            needed.add(storage.vlan)  # of those that take part, rules about storage tell
        own = {vlan for vlan, address in node.addresses() if address is not None}
        for vlan in sorted((needed & topology.vlans.keys()) - own):
            what = f"'{name}' is in the cloud, but has no address in VLAN '{vlan}'"
            yield Problem(f"machines.{name}", what, "give it one")


def provider_vlan_apart(topology: Topology) -> Iterator[Problem]:
    """OpenStack takes over the interface in its VLAN, and with it what else went through."""
    wanted = topology.cloud
    if wanted is not None and (use := _uses(topology).get(wanted.provider_vlan)):
        what = f"VLAN '{wanted.provider_vlan}' carries {use}, and OpenStack would take it over"
        yield Problem(f"{_WHERE}.provider_vlan", what, "give the tenants' side a VLAN of its own")


def _uses(topology: Topology) -> dict[str | None, str]:
    """Return what VLANs of the cloud carry besides the tenants' side."""
    found: dict[str | None, str] = {api_vlan(topology): "the APIs"}
    if topology.storage is not None:
        found |= {topology.storage.cluster_vlan: "Ceph", topology.storage.vlan: "Ceph"}
    if topology.cloud is not None:
        found |= {topology.cloud.tunnel_vlan: "the tenants' overlay"}
    return found


def provider_interfaces(topology: Topology) -> Iterator[Problem]:
    """Each node has an interface for OpenStack to take over, and no address to lose with it."""
    wanted = topology.cloud
    vlan = wanted.provider_vlan if wanted else ""
    if vlan not in topology.vlans or any(provider_vlan_apart(topology)):
        return
    parts = {part.machine: part for part in attachments(topology) if part.vlan == vlan}
    for name in cloud_nodes(topology):
        part = parts.get(name)
        if part is None:
            what = f"'{name}' is in the cloud, but takes no part in VLAN '{vlan}'"
            hint = f"add {vlan}: null to the 'vlans' of one of its NICs or bonds"
            yield Problem(f"machines.{name}", what, hint)
        elif part.address is not None:
            what = f"{part.address} would be lost: OpenStack takes over the interface in '{vlan}'"
            hint = f"write {vlan}: null" if part.tagged else "remove 'address'"
            yield Problem(part.address_where, what, hint)


def memory_for_openstack(topology: Topology) -> Iterator[Problem]:
    """A node that runs out of memory loses a service, and which one is anybody's guess."""
    wanted = _of(topology, CloudProvider.PACKAGES)
    if wanted is None:
        return
    controllers = HA_NODES if layout(topology, wanted) is CloudLayout.HA else 1
    for place, (name, node) in enumerate(cloud_nodes(topology).items()):
        least = LEAST_MEMORY["control" if place < controllers else "compute"]
        if node.memory < least:
            part = "the control plane" if place < controllers else "instances"
            what = f"'{name}' has {node.memory}M; with Ceph and {part} it needs {least}M at least"
            smaller = (
                "; layout: compact needs it on one node only" if 0 < place < controllers else ""
            )
            yield Problem(f"machines.{name}.memory", what, f"write {least}M or more{smaller}")


def a_way_to_the_instances(topology: Topology) -> Iterator[Problem]:
    """Instances are reached at addresses of the provider VLAN, through the router's one in it."""
    wanted = _of(topology, CloudProvider.PACKAGES)
    if wanted is None or wanted.provider_vlan not in topology.vlans:
        return
    vlan = wanted.provider_vlan
    if router_in(topology, vlan) is None:
        what = f"no router has an address in VLAN '{vlan}', so nobody would reach an instance"
        yield Problem(f"{_WHERE}.provider_vlan", what, f"give the router an address in '{vlan}'")
        return
    free = free_range(topology, vlan)
    if free is None or free[0] == free[1]:
        what = (
            "no two addresses in a row are free: a tenant's router needs one, an instance another"
        )
        yield Problem(f"vlans.{vlan}.subnet", what, "write a larger one")


def vip_is_free(topology: Topology) -> Iterator[Problem]:
    wanted, vlan = topology.cloud, api_vlan(topology)
    if wanted is None or vlan is None:
        return
    subnet, where = topology.vlans[vlan].subnet, f"{_WHERE}.vip"
    free = free_vip(topology, vlan)
    hint = f"write for example vip: {free}" if free else f"give '{vlan}' a larger subnet"
    owners = {part.address: part.machine for part in attachments(topology)}
    if wanted.vip is None:
        if free is None:
            what = f"{subnet} has no address left for the APIs"
            yield Problem(_WHERE, what, f"give VLAN '{vlan}' a larger subnet")
    elif wanted.vip not in subnet:
        what = f"{wanted.vip} is outside {subnet}, the subnet of the nodes' gateway VLAN '{vlan}'"
        yield Problem(where, what, hint)
    elif wanted.vip in {subnet.network_address, subnet.broadcast_address}:
        kind = "network" if wanted.vip == subnet.network_address else "broadcast"
        yield Problem(where, f"{wanted.vip} is the {kind} address of {subnet}", hint)
    elif wanted.vip in owners:
        what = f"{wanted.vip} is already an address of '{owners[wanted.vip]}'"
        yield Problem(where, what, hint)


def nodes_named_like_groups(topology: Topology) -> Iterator[Problem]:
    """Ansible takes a name for the machine or for the group, whichever it meets first."""
    for name in cloud_nodes(topology) if _of(topology, CloudProvider.KOLLA) else ():
        if name in group_names():
            what = f"'{name}' is the name of a group in kolla-ansible's inventory"
            yield Problem(f"machines.{name}", what, "choose another, such as node1")


RULES = (
    keys_of_the_provider,
    packages_on_debians_ceph,
    image_with_openstack,
    known_cloud_vlans,
    cloud_needs_storage,
    cloud_node_count,
    one_gateway_of_the_cloud,
    cloud_addresses,
    provider_vlan_apart,
    provider_interfaces,
    memory_for_openstack,
    a_way_to_the_instances,
    vip_is_free,
    nodes_named_like_groups,
)
