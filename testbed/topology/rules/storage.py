"""Rules about Ceph: what a cluster of these machines and disks can keep."""

from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.models import (
    CloudProvider,
    DiskUse,
    FailureDomain,
    Machine,
    Provider,
    Role,
    Storage,
    Topology,
)
from testbed.topology.rules.parts import machines, names_of
from testbed.topology.rules.vlans import unknown_vlan
from testbed.topology.words import near

_WHERE = "storage"
_SMALLEST_OSD = 2048  # MiB; what MicroCeph takes at least
_IMAGES = {Provider.CEPH: "storage", Provider.MICROCEPH: "microceph"}
_WITHOUT = {
    Provider.CEPH: {"base", "tenant"},
    Provider.MICROCEPH: {"base", "tenant", "storage", "cloud", "kolla"},
}
_RESERVED_POOLS = ("cephfs_data", "cephfs_metadata")  # `cephfs: true` makes them


def known_storage_vlans(topology: Topology) -> Iterator[Problem]:
    for key, vlan in _vlans(topology):
        if vlan not in topology.vlans:
            yield unknown_vlan(topology, f"{_WHERE}.{key}", vlan)


def _vlans(topology: Topology) -> Iterator[tuple[str, str]]:
    wanted = topology.storage
    if wanted is not None:
        yield "vlan", wanted.vlan
        if wanted.cluster_vlan is not None:
            yield "cluster_vlan", wanted.cluster_vlan


def storage_nodes(topology: Topology) -> Iterator[Problem]:
    """Only nodes take part, each once."""
    if topology.storage is None:
        return
    nodes = names_of(topology, Role.NODE)
    listed = topology.storage.nodes
    if listed is None and not nodes:
        what = "Ceph needs machines to run on, but no machine is a node"
        yield Problem(_WHERE, what, "give a machine the role: node")
    for number, name in enumerate(listed or (), start=1):
        where = f"{_WHERE}.nodes.{number}"
        if name not in topology.machines:
            meant = near(name, nodes)
            hint = f"did you mean '{meant}'?" if meant else f"nodes are: {', '.join(nodes)}"
            yield Problem(where, f"there is no machine '{name}'", hint)
        elif name not in nodes:
            role = topology.machines[name].role.value
            what = f"'{name}' is a {role}; Ceph runs on nodes only"
            yield Problem(where, what, f"nodes are: {', '.join(nodes)}")
        elif name in (listed or ())[: number - 1]:
            yield Problem(where, f"'{name}' is listed twice", "remove one of them")


def _members(topology: Topology) -> dict[str, Machine]:
    """Return the machines that take part and exist."""
    nodes = topology.storage.nodes if topology.storage else ()
    return {
        name: machine
        for name, machine in topology.machines.items()
        if machine.role is Role.NODE and (nodes is None or name in nodes)
    }


def image_with_ceph(topology: Topology) -> Iterator[Problem]:
    """Not every shipped image has it; what a recipe of the user's has is not known.

    Of the nodes of an OpenStack of packages the rules of the cloud tell it.
    """
    cloud = topology.cloud
    if topology.storage is None or (cloud and cloud.provider is CloudProvider.PACKAGES):
        return
    for name, machine in _members(topology).items():
        if machine.image in _WITHOUT[topology.storage.provider]:
            program = "MicroCeph" if topology.storage.provider is Provider.MICROCEPH else "Ceph"
            what = f"'{name}' takes part, but there is no {program} in its image, '{machine.image}'"
            hint = f"write image: {_IMAGES[topology.storage.provider]}"
            yield Problem(f"machines.{name}.image", what, hint)


def storage_addresses(topology: Topology) -> Iterator[Problem]:
    """Each daemon listens on its machine's own address in both networks."""
    for _, vlan in _vlans(topology):
        if vlan not in topology.vlans:
            continue
        for name, machine in _members(topology).items():
            if dict(machine.addresses()).get(vlan) is None:
                what = f"'{name}' takes part, but has no address in VLAN '{vlan}'"
                hint = "give it one, or leave it out: storage.nodes lists who takes part"
                yield Problem(f"machines.{name}", what, hint)


def osd_disks(topology: Topology) -> Iterator[Problem]:
    for name, where, machine in machines(topology):
        if topology.storage is None or name not in _members(topology):
            continue
        for number, disk in enumerate(machine.disks, start=1):
            if disk.use is DiskUse.OSD and disk.size < _SMALLEST_OSD:
                what = f"'{disk.serial}' has {disk.size}M; an OSD needs 2G at least"
                hint = "make it larger, or keep it away from Ceph: use: none"
                yield Problem(f"{where}.disks.{number}.size", what, hint)


def enough_places(topology: Topology) -> Iterator[Problem]:
    """There are as many places as copies: hosts with OSDs, or OSDs, as the failure domain says."""
    wanted = topology.storage
    members = _members(topology)
    if wanted is None or not members or any(storage_nodes(topology)):
        return
    osds = {name: _osds(machine) for name, machine in members.items()}
    if not sum(osds.values()):
        what = "Ceph has no disk to store on"
        hint = "add one to each node, for example disks: [{serial: osd1, size: 6G}]"
        yield Problem(_WHERE, what, hint)
    elif wanted.failure_domain is FailureDomain.HOST:
        hosts = sum(1 for count in osds.values() if count)
        yield from _too_few(wanted, hosts, "node with an OSD", "nodes with an OSD")
    else:
        yield from _too_few(wanted, sum(osds.values()), "OSD", "OSDs")


def _osds(machine: Machine) -> int:
    return sum(disk.use is DiskUse.OSD for disk in machine.disks)


def _too_few(wanted: Storage, places: int, one: str, several: str) -> Iterator[Problem]:
    if places >= wanted.replicas:
        return
    have = f"there is {places} {one}" if places == 1 else f"there are {places} {several}"
    what = f"{wanted.replicas} copies need as many places, but {have}"
    hint = f"add some, or keep fewer copies: replicas: {places}"
    if wanted.failure_domain is FailureDomain.HOST:
        hint += "; failure_domain: osd lets copies share a node"
    yield Problem(f"{_WHERE}.replicas", what, hint)


def least_replicas(topology: Topology) -> Iterator[Problem]:
    wanted = topology.storage
    if wanted is not None and wanted.min_replicas > wanted.replicas:
        what = f"writing would need {wanted.min_replicas} of {wanted.replicas} copies"
        hint = f"write min_replicas: {max(1, wanted.replicas - 1)}"
        yield Problem(f"{_WHERE}.min_replicas", what, hint)


def pool_names(topology: Topology) -> Iterator[Problem]:
    pools = topology.storage.pools if topology.storage else ()
    for number, pool in enumerate(pools, start=1):
        where = f"{_WHERE}.pools.{number}"
        if pool in pools[: number - 1]:
            yield Problem(where, f"the pool '{pool}' is listed twice", "remove one of them")
        if pool in _RESERVED_POOLS:
            what = f"the pool name '{pool}' is reserved for the file system"
            yield Problem(where, what, "choose another; cephfs: true makes a file system")


def cache_limits(topology: Topology) -> Iterator[Problem]:
    """Dirty data must fit into the cache, and writing back begin before the limit."""
    cache = topology.storage.client_cache if topology.storage else None
    if cache is None:
        return
    where = f"{_WHERE}.client_cache"
    size, most, target = (
        cache.rbd_cache_size, cache.rbd_cache_max_dirty, cache.rbd_cache_target_dirty,
    )  # fmt: skip
    if most > size:
        what = f"{most}M may be dirty in a cache of {size}M"
        yield Problem(f"{where}.rbd_cache_max_dirty", what, f"write at most {size}M")
    if most and target >= most:
        what = f"writing back would begin at {target}M, but {most}M may be dirty at most"
        hint = f"write rbd_cache_target_dirty: {most * 2 // 3}M"
        yield Problem(f"{where}.rbd_cache_target_dirty", what, hint)


RULES = (
    known_storage_vlans,
    storage_nodes,
    image_with_ceph,
    storage_addresses,
    osd_disks,
    enough_places,
    least_replicas,
    pool_names,
    cache_limits,
)
