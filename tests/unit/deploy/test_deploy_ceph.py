"""Ceph's deployment: facts in, commands out, and nothing for what is there."""

import base64
import configparser
import io
import json
import os
import struct
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.deploy.ceph import cluster, files, node
from testbed.deploy.ceph.cluster import ClusterFacts, Pool
from testbed.deploy.ceph.node import NodeFacts
from testbed.deploy.ceph.secrets import ADMIN, Secrets, keyring, new_secrets, users
from testbed.deploy.files import archive
from testbed.deploy.step import Step, take
from testbed.errors import DeployError, GuestError
from testbed.guest import Command, Result, Script
from testbed.plan.decide import plan
from testbed.plan.storage import Storage
from testbed.topology.models import ClientCache, FailureDomain
from testbed.topology.shipped import find


@pytest.fixture(scope="module")
def storage() -> Storage:
    found = plan(find("aolda"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").storage
    assert found is not None
    return found


@pytest.fixture(scope="module")
def everything(storage: Storage) -> Storage:
    return replace(storage, cephfs=True, rgw=True, client_cache=ClientCache())


@pytest.fixture(scope="module")
def secrets(everything: Storage) -> Secrets:
    return new_secrets(everything)


def config(storage: Storage) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser()
    parsed.read_string(files.ceph_conf(storage))
    return parsed


class TestSecrets:
    def test_every_daemon_has_a_key_before_the_first_monitor_starts(
        self, everything: Storage, secrets: Secrets
    ) -> None:
        nodes = ("node1", "node2", "node3")
        daemons = {f"{kind}.{name}" for kind in ("mgr", "mds", "client.rgw") for name in nodes}
        assert set(secrets) == {"mon.", ADMIN, "osd.0", "osd.1", "osd.2", *daemons}

    def test_a_key_is_what_cephx_takes(self, storage: Storage) -> None:
        made = new_secrets(storage, now=lambda: 1_700_000_000.5, random=lambda size: b"k" * size)
        raw = base64.b64decode(made[ADMIN])
        assert struct.unpack("<HIIH", raw[:12]) == (1, 1_700_000_000, 0, 16)
        assert raw[12:] == b"k" * 16

    def test_no_two_keys_are_the_same(self, secrets: Secrets) -> None:
        assert len(set(secrets.values())) == len(secrets)

    def test_a_keyring_is_an_ini_file_of_keys_and_caps(
        self, storage: Storage, secrets: Secrets
    ) -> None:
        parsed = configparser.ConfigParser()
        parsed.read_string(keyring(secrets, ADMIN, "osd.1", caps=users(storage)))
        assert parsed.sections() == [ADMIN, "osd.1"]
        assert parsed[ADMIN]["key"] == secrets[ADMIN]
        assert parsed["osd.1"]["caps mon"] == '"allow profile osd"'


class TestFiles:
    def test_the_configuration_names_cluster_and_networks(self, storage: Storage) -> None:
        general = config(storage)["global"]
        assert general["fsid"] == str(storage.fsid)
        assert general["mon_host"] == "10.0.20.11,10.0.20.12,10.0.20.13"
        assert general["public_network"] == "10.0.20.0/24"
        assert general["cluster_network"] == "10.0.20.0/24"
        assert general["auth_client_required"] == "cephx"
        assert (general["osd_pool_default_size"], general["osd_pool_default_min_size"]) == (
            "3",
            "2",
        )

    def test_a_cluster_with_nothing_to_do_does_little(self, storage: Storage) -> None:
        parsed = config(storage)
        assert float(parsed["mgr"]["mgr_tick_period"]) > 2
        assert float(parsed["osd"]["bluestore_cache_trim_interval"]) > 0.05
        assert float(parsed["mon"]["mon_elector_ping_timeout"]) > 2
        assert parsed["osd"]["osd_op_num_threads_per_shard"] == "1"

    def test_what_is_not_logged_is_not_written_down_either(self, storage: Storage) -> None:
        levels = {k: v for k, v in config(storage)["global"].items() if k.startswith("debug_")}
        assert {"debug_mon", "debug_osd", "debug_paxos", "debug_rocksdb"} <= set(levels)
        for logged, kept in (level.split("/") for level in levels.values()):
            assert logged == kept

    @pytest.mark.parametrize(("domain", "kind"), [("host", "1"), ("osd", "0")])
    def test_the_first_rule_spreads_over_the_failure_domain(
        self, storage: Storage, domain: str, kind: str
    ) -> None:
        found = config(replace(storage, failure_domain=FailureDomain(domain)))
        assert found["global"]["osd_crush_chooseleaf_type"] == kind

    def test_no_warning_is_muted_or_moved_out_of_sight(self, everything: Storage) -> None:
        found = {key: value for part in config(everything).values() for key, value in part.items()}
        assert "mute" not in " ".join(found)
        assert {key for key in found if "warn" in key} == {"mon_warn_on_slow_ping_time"}

    def test_a_heartbeat_is_slow_long_before_its_osd_is_dead(self, storage: Storage) -> None:
        grace = 20_000  # milliseconds; Ceph's osd_heartbeat_grace, which stays as it is
        general = config(storage)["global"]
        assert "osd_heartbeat_grace" not in general
        assert int(general["mon_warn_on_slow_ping_time"]) <= grace / 2

    def test_cache_settings_are_there_only_where_asked_for(
        self, storage: Storage, everything: Storage
    ) -> None:
        assert "client" not in config(storage)
        assert dict(config(everything)["client"]) == {
            "rbd_cache": "true",
            "rbd_cache_writethrough_until_flush": "true",
            "rbd_cache_size": str(32 * 2**20),
            "rbd_cache_max_dirty": str(24 * 2**20),
            "rbd_cache_target_dirty": str(16 * 2**20),
        }

    def test_every_key_is_private_to_its_daemon(
        self, everything: Storage, secrets: Secrets
    ) -> None:
        wanted = files.files(everything, everything.nodes[0], secrets)
        with tarfile.open(fileobj=io.BytesIO(archive(wanted))) as tar:
            packed = {f"/{m.name}": (m.mode, m.uname) for m in tar.getmembers()}
        keyrings = {path: how for path, how in packed.items() if path.endswith("keyring")}
        assert {mode for mode, _ in keyrings.values()} == {0o600}
        assert keyrings["/var/lib/ceph/osd/ceph-0/keyring"] == (0o600, "ceph")
        assert keyrings["/etc/ceph/ceph.client.admin.keyring"] == (0o600, "root")
        assert packed["/etc/ceph/ceph.conf"] == (0o644, "root")

    def test_the_digest_comes_last_and_changes_with_any_file(
        self, storage: Storage, secrets: Secrets
    ) -> None:
        one = files.files(storage, storage.nodes[0], secrets)
        other = files.files(replace(storage, min_replicas=1), storage.nodes[0], secrets)
        assert one[-1].path == files.DIGEST
        assert one[-1] != other[-1]
        assert one == files.files(storage, storage.nodes[0], secrets)


class TestNode:
    def steps(self, storage: Storage, secrets: Secrets, facts: NodeFacts) -> list[Step]:
        one = storage.nodes[0]
        wanted = files.files(storage, one, secrets)
        services = node.service_units(storage, one)
        return [
            *node.making(storage, one, wanted, facts),
            *node.starting("start OSDs", one, node.osd_units(one), facts.running),
            *node.starting("start services", one, services, facts.running),
        ]

    def finished(self, storage: Storage, secrets: Secrets) -> NodeFacts:
        one = storage.nodes[0]
        units = (*node.monitor_units(one), *node.osd_units(one), *node.service_units(storage, one))
        digest = files.files(storage, one, secrets)[-1].text.strip()
        return NodeFacts(digest, True, frozenset({0}), frozenset(units))

    def test_an_empty_node_gets_every_step_in_order(
        self, everything: Storage, secrets: Secrets
    ) -> None:
        nothing = NodeFacts("none", False, frozenset(), frozenset())
        assert [step.name for step in self.steps(everything, secrets, nothing)] == [
            "files",
            "monitor",
            "start monitor",
            "disk",
            "start OSDs",
            "start services",
        ]

    def test_a_finished_node_gets_none(self, everything: Storage, secrets: Secrets) -> None:
        assert self.steps(everything, secrets, self.finished(everything, secrets)) == []

    @pytest.mark.parametrize(
        ("missing", "expected"),
        [
            ({"digest": "older"}, ["files"]),
            ({"monitor": False}, ["monitor"]),
            ({"osds": frozenset()}, ["disk"]),
            ({"osds": frozenset(), "keyless": frozenset({0})}, ["keys", "disk"]),
            ({"keyless": frozenset({0})}, []),
            ({"running": frozenset()}, ["start monitor", "start OSDs", "start services"]),
        ],
    )
    def test_what_is_missing_is_made_and_nothing_else(
        self, everything: Storage, secrets: Secrets, missing: dict[str, object], expected: list[str]
    ) -> None:
        facts = replace(self.finished(everything, secrets), **missing)  # type: ignore[arg-type]
        assert [step.name for step in self.steps(everything, secrets, facts)] == expected

    def test_only_what_does_not_run_is_started(self, everything: Storage, secrets: Secrets) -> None:
        done = self.finished(everything, secrets)
        facts = replace(done, running=done.running - {"ceph-mgr@node1"})
        (step,) = self.steps(everything, secrets, facts)
        assert isinstance(step.command, Script)
        assert "systemctl start ceph-mgr@node1\n" in step.command.text
        assert "systemctl reset-failed ceph-mgr@node1 " in step.command.text
        assert "ceph-mon@node1" not in step.command.text

    def test_no_key_is_in_a_command_or_in_what_is_shown_of_a_step(
        self, everything: Storage, secrets: Secrets
    ) -> None:
        nothing = NodeFacts("none", False, frozenset(), frozenset())
        shown = "".join(
            f"{step.command.shell(60)}{step!r}" for step in self.steps(everything, secrets, nothing)
        )
        assert not [user for user, key in secrets.items() if key in shown]

    def test_an_osd_that_was_made_keeps_its_key(
        self, everything: Storage, secrets: Secrets
    ) -> None:
        facts = replace(self.finished(everything, secrets), digest="none")
        (step,) = self.steps(everything, secrets, facts)
        assert names_in(step) >= {"etc/ceph/ceph.conf", "var/lib/ceph/mgr/ceph-node1/keyring"}
        assert "var/lib/ceph/osd/ceph-0/keyring" not in names_in(step)

    def test_only_the_keys_that_are_missing_are_brought(
        self, everything: Storage, secrets: Secrets
    ) -> None:
        done = self.finished(everything, secrets)
        facts = replace(done, osds=frozenset(), keyless=frozenset({0}))
        keys, _ = self.steps(everything, secrets, facts)
        assert names_in(keys) == {"var/lib/ceph/osd/ceph-0/keyring"}

    @pytest.mark.parametrize(
        ("there", "told"), [((), ["keyless 0"]), (("osd/ceph-0/keyring",), [])]
    )
    def test_an_osd_without_a_key_is_found(
        self, storage: Storage, tmp_path: Path, there: tuple[str, ...], told: list[str]
    ) -> None:
        for name in there:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        look = node.facts_script(storage, storage.nodes[0]).text.partition("\necho units")[0]
        done = in_shell(look, tmp_path)
        assert [line for line in done.stdout.splitlines() if line.startswith("key")] == told

    def test_an_osd_comes_back_by_what_its_folder_says(
        self, storage: Storage, tmp_path: Path
    ) -> None:
        osd = tmp_path / "osd" / "ceph-0"
        osd.mkdir(parents=True)
        (osd / "fsid").write_text("6a3c\n")
        (osd / "keyring").write_text("[osd.0]\n\tkey = c2VjcmV0a2V5PT0=\n")
        told = tmp_path / "told"
        (tmp_path / "ceph").write_text(f'#!/bin/sh\necho "$@" >{told}; cat >>{told}\n')
        (tmp_path / "ceph").chmod(0o755)
        step = node.readmitting(storage.osds[0], "node1")
        assert isinstance(step.command, Script)
        assert in_shell(step.command.text, tmp_path).returncode == 0
        line, secret = told.read_text().splitlines()
        assert line == "--connect-timeout 60 osd new 6a3c 0 -i -"
        assert json.loads(secret) == {"cephx_secret": "c2VjcmV0a2V5PT0="}

    @pytest.mark.parametrize("keyring", [None, "[osd.0]\n"])
    def test_an_osd_without_a_key_is_given_to_nobody(
        self, storage: Storage, tmp_path: Path, keyring: str | None
    ) -> None:
        osd = tmp_path / "osd" / "ceph-0"
        osd.mkdir(parents=True)
        (osd / "fsid").write_text("6a3c\n")
        if keyring is not None:
            (osd / "keyring").write_text(keyring)
        step = node.readmitting(storage.osds[0], "node1")
        assert isinstance(step.command, Script)
        done = in_shell(step.command.text, tmp_path)
        assert done.returncode != 0
        assert "keyring" in done.stderr

    def test_facts_are_read_from_what_the_script_prints(self) -> None:
        told = (
            "digest 0a1b\nmonitor\nosd 0\nosd 7\nkeyless 2\n"
            "units ceph-mon@node1 ceph-mgr@node1 ceph-osd@0\n"
            "now active failed active\nboot enabled enabled disabled\n"
        )
        assert node.read_facts(told) == NodeFacts(
            "0a1b", True, frozenset({0, 7}), frozenset({"ceph-mon@node1"}), frozenset({2})
        )

    def test_a_fresh_node_has_nothing(self) -> None:
        told = "digest none\nunits ceph-mon@node1\nnow inactive\nboot not-found\n"
        assert node.read_facts(told) == NodeFacts("none", False, frozenset(), frozenset())


class TestCluster:
    EMPTY = ClusterFacts(frozenset(), {}, frozenset())

    def done(self, storage: Storage) -> ClusterFacts:
        rbd, fs = (
            Pool(storage.replicas, storage.min_replicas, frozenset({use}))
            for use in ("rbd", "cephfs")
        )
        pools = dict.fromkeys(storage.pools, rbd)
        pools |= dict.fromkeys((cluster.METADATA, cluster.DATA), fs)
        osds = frozenset(osd.id for osd in storage.osds)
        return ClusterFacts(osds, pools, frozenset({cluster.FILESYSTEM}))

    def commands(self, facts: ClusterFacts, storage: Storage) -> list[str]:
        return [str(command) for command in cluster.commands(facts, storage)]

    def test_an_empty_cluster_gets_osds_pools_and_file_system(self, everything: Storage) -> None:
        found = self.commands(self.EMPTY, everything)
        assert [line.split()[:3] for line in found[:3]] == [
            ["osd", "new", str(osd.uuid)] for osd in everything.osds
        ]
        assert "osd pool create volumes replicated replicated_rule" in found
        assert "osd pool application enable volumes rbd" in found
        assert found[-1] == "fs new cephfs cephfs_metadata cephfs_data"

    def test_a_finished_cluster_gets_nothing(self, everything: Storage) -> None:
        assert self.commands(self.done(everything), everything) == []

    def test_a_pool_with_other_numbers_is_set_right(self, storage: Storage) -> None:
        facts = self.done(storage)
        odd = {**facts.pools, "vms": Pool(2, 1, frozenset({"rbd"}))}
        assert self.commands(replace(facts, pools=odd), storage) == [
            "osd pool set vms size 3",
            "osd pool set vms min_size 2",
        ]

    def test_one_copy_is_really_meant(self, storage: Storage) -> None:
        single = replace(storage, replicas=1, min_replicas=1)
        found = list(cluster.commands(self.done(storage), single))
        sizes = [c for c in found if c.arguments.get("var") == "size"]
        assert len(sizes) == 3
        assert all(c.arguments["yes_i_really_mean_it"] is True for c in sizes)

    def test_a_cluster_cut_short_after_any_command_gets_the_rest(self, everything: Storage) -> None:
        whole = list(cluster.commands(self.EMPTY, everything))
        for cut in range(len(whole) + 1):
            facts = self.EMPTY
            for command in whole[:cut]:
                facts = carried_out(facts, command, everything)
            rest = list(cluster.commands(facts, everything))
            assert rest == whole[cut:], f"cut after {cut} commands"

    def test_a_destroyed_osd_is_missing(self, storage: Storage) -> None:
        osds = [{"osd": 0, "state": ["exists", "up"]}, {"osd": 1, "state": ["destroyed", "exists"]}]
        facts = cluster.read_facts({"osds": osds, "pools": []}, [])
        assert facts.osds == {0}

    def test_facts_are_read_from_a_real_clusters_answer(self, storage: Storage) -> None:
        sample = Path(__file__).parents[1] / "probe" / "samples" / "osd_dump.json"
        facts = cluster.read_facts(json.loads(sample.read_text()), [{"name": "cephfs"}])
        assert facts.pools["volumes"] == Pool(3, 2, frozenset({"rbd"}))
        assert facts.osds == {0, 1, 2}
        assert facts.filesystems == {"cephfs"}


def in_shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script with Ceph's files, and its programs, in that folder."""
    return subprocess.run(
        ["sh", "-euc", text.replace("/var/lib/ceph", str(folder))],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{folder}:{os.defpath}"},
    )


def names_in(step: Step) -> set[str]:
    """Return the names of the files that a step brings."""
    with tarfile.open(fileobj=io.BytesIO(step.stdin)) as tar:
        return set(tar.getnames())


def carried_out(facts: ClusterFacts, command: cluster.MonCommand, storage: Storage) -> ClusterFacts:
    """Return what the monitors know after a command, as Ceph documents it."""
    said = command.arguments
    if command.prefix == "osd new":
        return replace(facts, osds=facts.osds | {said["id"]})
    if command.prefix == "osd pool create":
        made = Pool(storage.replicas, storage.min_replicas, frozenset())
        return replace(facts, pools={**facts.pools, said["pool"]: made})
    if command.prefix == "osd pool application enable":
        pool = facts.pools[said["pool"]]
        pool = replace(pool, applications=pool.applications | {said["app"]})
        return replace(facts, pools={**facts.pools, said["pool"]: pool})
    assert command.prefix == "fs new"
    return replace(facts, filesystems=facts.filesystems | {said["fs_name"]})


class TestStep:
    class Refusing:
        name = "node2"

        def run(
            self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
        ) -> Result:
            raise GuestError("node2: `ceph-osd` failed", why="no disk", next_step="look there")

    def test_an_error_names_step_and_machine_and_has_its_own_status(self) -> None:
        step = Step("disk", "node2", Command(("ceph-osd",)), stdin=b"secret")
        with pytest.raises(DeployError) as caught:
            take({"node2": self.Refusing()}, step)  # type: ignore[dict-item]
        assert caught.value.what == "step 'disk' failed on node2: node2: `ceph-osd` failed"
        assert caught.value.why == "no disk; nothing after this step was run"
        assert caught.value.next_step == "look there"
        assert caught.value.exit_code == 9
