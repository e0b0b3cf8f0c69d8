"""Every file Ceph's daemons need on a node."""

from collections.abc import Iterator, Mapping

from testbed.deploy.ceph.secrets import ADMIN, Secrets, keyring, rgw_user, users
from testbed.deploy.files import File, sealed
from testbed.plan.storage import Storage, StorageNode
from testbed.topology.models import ClientCache, FailureDomain

DIGEST = "/etc/ceph/testbed.digest"  # written last: what it names is there
MON_KEYRING = "/etc/ceph/testbed.mon.keyring"
RGW_PORT = 7480
_GROUPS_PER_POOL = 16  # placement groups: enough to see data spread over three small OSDs
_CHOOSE = {FailureDomain.OSD: 0, FailureDomain.HOST: 1}  # Ceph's numbers of bucket types
# Who asks for one copy has it, and a warning of it would never go away.
_BARE: dict[bool, dict[str, object]] = {
    True: {"mon_warn_on_pool_no_redundancy": "false"},
    False: {},
}
_SLOW_HEARTBEAT = 10_000  # milliseconds
_OSD_MEMORY = 939_524_096  # bytes; the least Ceph accepts


def files(storage: Storage, node: StorageNode, secrets: Secrets) -> tuple[File, ...]:
    """Return the files of a node, the one that names all others last."""
    return sealed(DIGEST, tuple(_files(storage, node, secrets)))


def _files(storage: Storage, node: StorageNode, secrets: Secrets) -> Iterator[File]:
    yield File("/etc/ceph/ceph.conf", ceph_conf(storage))
    yield File("/etc/ceph/ceph.client.admin.keyring", keyring(secrets, ADMIN), 0o600)
    if node.monitor:
        everyone = users(storage)
        yield File(MON_KEYRING, keyring(secrets, *everyone, caps=everyone), 0o600, "ceph")
        yield _keyring(secrets, "mgr", node.machine, f"mgr.{node.machine}")
        if storage.cephfs:
            yield _keyring(secrets, "mds", node.machine, f"mds.{node.machine}")
    for osd in node.osds:
        text = keyring(secrets, f"osd.{osd.id}")
        yield File(osd_keyring(str(osd.id)), text, 0o600, "ceph")
    if storage.rgw:
        yield _keyring(secrets, "radosgw", f"rgw.{node.machine}", rgw_user(node.machine))


def _keyring(secrets: Secrets, kind: str, id_: str, user: str) -> File:
    return File(f"/var/lib/ceph/{kind}/ceph-{id_}/keyring", keyring(secrets, user), 0o600, "ceph")


def osd_keyring(osd: str) -> str:
    """Return the path of an OSD's key."""
    return f"/var/lib/ceph/osd/ceph-{osd}/keyring"


def ceph_conf(storage: Storage) -> str:
    """Return ceph.conf; it is the same on every node."""
    addresses = ",".join(str(node.address) for node in storage.monitors)
    parts: dict[str, dict[str, object]] = {
        "global": {
            "fsid": storage.fsid,
            "mon_initial_members": ",".join(node.machine for node in storage.monitors),
            "mon_host": addresses,
            "public_network": storage.public_network,
            "cluster_network": storage.cluster_network,
            "auth_cluster_required": "cephx",
            "auth_service_required": "cephx",
            "auth_client_required": "cephx",
            "auth_allow_insecure_global_id_reclaim": "false",
            "osd_pool_default_size": storage.replicas,
            "osd_pool_default_min_size": storage.min_replicas,
            "osd_pool_default_pg_num": _GROUPS_PER_POOL,
            "osd_pool_default_pgp_num": _GROUPS_PER_POOL,
            "osd_pool_default_pg_autoscale_mode": "off",
            "osd_crush_chooseleaf_type": _CHOOSE[storage.failure_domain],
            "mon_allow_pool_size_one": str(storage.replicas == 1).lower(),
            **_BARE[storage.replicas == 1],
            # Ceph's own limit, 1 s, is for machines with a core of their own: emulated ones that
            # share two of them answer later, and are no less healthy.
            "mon_warn_on_slow_ping_time": _SLOW_HEARTBEAT,
            **_QUIET,
        },
        **_DAEMONS,
        "client": client_settings(storage.client_cache),
    }
    for node in storage.nodes if storage.rgw else ():
        parts[rgw_user(node.machine)] = {
            "rgw_frontends": f"beast endpoint={node.address}:{RGW_PORT}"
        }
    return conf_text(parts)


def conf_text(parts: Mapping[str, Mapping[str, object]]) -> str:
    """Return the text of a ceph.conf from its sections; one without settings is left out."""
    return "\n".join(line for name, part in parts.items() if part for line in _section(name, part))


# A manager imports every module that is installed, wanted or not, at each start.
_UNUSED_MODULES = (
    "alerts", "diskprediction_local", "influx", "insights", "k8sevents", "localpool",
    "mds_autoscaler", "mirroring", "nfs", "osd_perf_query", "osd_support", "prometheus",
    "restful", "rgw", "rook", "selftest", "snap_schedule", "stats", "telegraf",
    "test_orchestrator", "zabbix",
)  # fmt: skip
# Seconds. At Ceph's own pace, 2, 0.05 and 1, a cluster with nothing to do took a fifth of an
# emulated processor on every node: each report of the manager is a decision of all monitors, and
# those greet each other for a kind of election that nobody asked for.
_REPORTS, _TRIMS, _GREETINGS = 5, 0.5, 10
_PINGS_PER_TIMEOUT = 2  # mon_elector_ping_divisor
# What is logged is the usual; below that daemons would write down all they do, and throw it away
# unless they crash. Each line wakes a thread.
_LOGGED = {
    0: "client monc objclass objecter optracker rados tp",
    1: "asok auth bdev bluefs bluestore heartbeatmap mds mgrc mon osd paxos perfcounter "
    "prioritycache rgw",
    2: "mgr",
    4: "rocksdb",
}
_QUIET = {
    f"debug_{part}": f"{level}/{level}"
    for level, parts in _LOGGED.items()
    for part in parts.split()
}
_DAEMONS: dict[str, dict[str, object]] = {
    "mon": {"mon_elector_ping_timeout": _GREETINGS * _PINGS_PER_TIMEOUT},
    "mgr": {"mgr_disabled_modules": " ".join(_UNUSED_MODULES), "mgr_tick_period": _REPORTS},
    "osd": {
        # Of five threads on one queue, all wake for each operation, and one has something to do.
        "osd_op_num_shards": 1,
        "osd_op_num_threads_per_shard": 1,
        "osd_memory_target": _OSD_MEMORY,
        "bluestore_cache_trim_interval": _TRIMS,
        # Under emulation the benchmark at an OSD's start takes long and tells nothing.
        "osd_mclock_skip_benchmark": "true",
    },
}


def _section(name: str, part: Mapping[str, object]) -> list[str]:
    return [f"[{name}]", *(f"{key} = {value}" for key, value in part.items()), ""]


def client_settings(cache: ClientCache | None) -> dict[str, object]:
    """Return RBD's cache settings, sizes in bytes; none where the topology says none."""
    if cache is None:
        return {}
    mib = {"rbd_cache_size", "rbd_cache_max_dirty", "rbd_cache_target_dirty"}
    return {
        key: value * 2**20 if key in mib else str(value).lower()
        for key, value in cache.model_dump().items()
    }
