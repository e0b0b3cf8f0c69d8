"""OpenStack's parts: secrets, what is put into the database, and a node's facts."""

import base64
import configparser
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest

from testbed.deploy.files import archive
from testbed.deploy.openstack import seed
from testbed.deploy.openstack.config import compute, firewall, network, web
from testbed.deploy.openstack.config.gates import answers, gates
from testbed.deploy.openstack.config.gates import files as gates_files
from testbed.deploy.openstack.files import files
from testbed.deploy.openstack.node import WAVES, placing, read_facts
from testbed.deploy.openstack.secrets import (
    CREDENTIAL,
    FERNET,
    keystone_hash,
    new_secrets,
    rabbit_hash,
)
from testbed.deploy.openstack.site import Site
from testbed.plan.decide import plan
from testbed.topology.shipped import find

SECRETS = new_secrets()
KEYS = {"client.glance": "GLANCES-KEY==", "client.cinder": "CINDERS-KEY=="}


def site(machine: str = "node1", topology: str = "aolda-cloud", *, kvm: str = "") -> Site:
    made = plan(find(topology), name="lab", folder=Path("/lab"), loopback="127.77.0.1")
    assert made.cloud and made.storage
    return Site(made.cloud, made.storage, made.cloud.node(machine), SECRETS, KEYS, kvm)


class TestSecrets:
    def test_all_of_them_differ(self) -> None:
        assert len({*SECRETS.values(), *new_secrets().values()}) == 2 * len(SECRETS)

    def test_keystone_accepts_the_password_whose_hash_it_is_given(self) -> None:
        made = keystone_hash("open sesame")
        assert made.startswith("$2b$04$")
        assert bcrypt.checkpw(b"open sesame", made.encode())
        assert not bcrypt.checkpw(b"open barley", made.encode())
        assert made == keystone_hash("open sesame")

    def test_rabbitmq_accepts_the_password_whose_hash_it_is_given(self) -> None:
        raw = base64.b64decode(rabbit_hash("open sesame"))
        salt, rest = raw[:4], raw[4:]
        assert rest == hashlib.sha256(salt + b"open sesame").digest()

    @pytest.mark.parametrize("repository", [FERNET, CREDENTIAL])
    def test_keystones_keys_are_what_fernet_takes(self, repository: str) -> None:
        assert len(base64.urlsafe_b64decode(SECRETS[f"{repository}-key-1"])) == 32

    @pytest.mark.parametrize("repository", [FERNET, CREDENTIAL])
    def test_keystone_may_rotate_its_keys(self, repository: str) -> None:
        with tarfile.open(fileobj=io.BytesIO(archive(files(site())))) as tar:
            entries = {entry.name: entry for entry in tar}
        folder = f"etc/keystone/{repository}-keys"
        names = list(entries)
        assert names.index(folder) < names.index(f"{folder}/0")
        assert entries[folder].isdir()
        assert (entries[folder].mode, entries[folder].uname) == (0o700, "keystone")


class TestSeed:
    def test_every_database_user_gets_a_password_and_is_let_in(self) -> None:
        told = seed.statements(site())
        for user in ("keystone", "glance", "placement", "nova", "neutron", "cinder"):
            for host in ("%", "localhost"):
                password = SECRETS[f"database-{user}"]
                line = f"ALTER USER '{user}'@'{host}' IDENTIFIED BY '{password}' ACCOUNT UNLOCK;"
                assert line in told

    def test_no_password_of_keystones_users_stands_there_itself(self) -> None:
        told = seed.statements(site())
        for user in ("admin", "glance", "placement", "nova", "neutron", "cinder"):
            assert SECRETS[user] not in told
            assert f"name='{user}' AND domain_id='default'" in told

    def test_the_addresses_come_last_for_they_say_that_all_was_done(self) -> None:
        last = seed.statements(site()).splitlines()[-1]
        assert last == (
            "UPDATE keystone.endpoint SET url="
            "REPLACE(url, 'http://192.0.2.250:', 'http://10.0.10.250:');"
        )


class TestSite:
    def test_all_members_of_the_queue_are_in_one_address(self) -> None:
        password = SECRETS["rabbit"]
        assert site().transport == (
            f"rabbit://openstack:{password}@10.0.10.11:5672,"
            f"openstack:{password}@10.0.10.12:5672,openstack:{password}@10.0.10.13:5672/"
        )

    def test_a_node_that_only_runs_instances_knows_no_password_of_the_database(self) -> None:
        from testbed.deploy.openstack.files import files

        outside = site("node2", "aolda-cloud-compact")
        assert not any("mysql" in file.text for file in files(outside))


class TestSwitch:
    def test_only_the_provider_vlan_is_given_away(self) -> None:
        told = network.switch_script(site("node2"))
        assert "add-port br-provider vlan-provider " in told
        assert "bond0" not in told
        assert "ovn-encap-ip='\"10.0.30.12\"'" in told

    def test_the_way_out_is_through_the_control_plane(self) -> None:
        way_out = "enable-chassis-as-gw"
        assert way_out in network.switch_script(site("node1", "aolda-cloud-compact"))
        assert way_out not in network.switch_script(site("node2", "aolda-cloud-compact"))

    @pytest.mark.parametrize("machine", ["node1", "node2"])
    def test_ovn_knows_a_node_by_one_name_before_and_after_a_reboot(self, machine: str) -> None:
        there = site(machine, "aolda-cloud-compact")
        assert f"system-id='\"{machine}\"'" in network.switch_script(there)
        kept = [each for each in network.node_files(there) if each.path.endswith("system-id.conf")]
        assert [each.text for each in kept] == [f"{machine}\n"]


class TestRoomForInstances:
    def test_where_the_control_plane_is_not_there_is_more_of_it(self) -> None:
        control, other = (
            self.left(site(each, "aolda-cloud-compact")) for each in ("node1", "node2")
        )
        assert 96 <= control < other  # an instance of flavor tiny needs 96 MiB

    @pytest.mark.parametrize("memory", [3584, 4096, 65536])
    def test_a_node_of_any_size_has_some(self, memory: int) -> None:
        of_size = replace(site(), node=replace(site().node, memory=memory))
        assert 512 <= self.left(of_size) < memory - 2048

    def left(self, where: Site) -> int:
        conf = configparser.ConfigParser(interpolation=None)
        files = {file.path: file.text for file in compute.files(where)}
        conf.read_string(files["/etc/nova/nova.conf"])
        return where.node.memory - int(conf["DEFAULT"]["reserved_host_memory_mb"])


class TestFirewall:
    def test_what_a_node_serves_is_for_nodes_and_for_whoever_uses_the_address(self) -> None:
        (file,) = firewall.files(site("node2"))
        lines = [line.strip() for line in file.text.splitlines()[5:9]]
        assert (lines[0], lines[2]) == (
            'iifname "lo" accept',
            "tcp dport 25672 reject with tcp reset",
        )
        accept, reject = lines[1], lines[3]
        assert accept == "ip saddr { 10.0.10.11, 10.0.10.12, 10.0.10.13, 10.0.10.250 } accept"
        assert reject.startswith("ip daddr 10.0.10.12 tcp dport {")
        for port in (80, 3306, 5000, 5672, 6641, 6642, 8774, 8776, 8778, 9292, 9696, 11211):
            assert f" {port}" in reject
        for port in (4369, 4444, 4567, 4568, 6643, 6644):  # of members of clusters
            assert f" {port}" in reject


class TestWeb:
    def test_nova_whose_threads_are_greenlets_gets_no_second_one(self) -> None:
        threads = {}
        for file in web.files(site()):
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string(file.text)
            threads[file.path.rpartition("/")[2]] = parser["uwsgi"].getint("threads")
        assert threads.pop("nova-api-uwsgi.ini") == 1
        assert set(threads.values()) == {4}


class TestGates:
    def test_every_service_but_the_dashboard_waits_for_what_it_needs(self) -> None:
        every = {unit for wave in WAVES for unit in wave}
        assert set(gates(site())) == every - {"apache2"}

    def test_a_node_without_control_waits_for_no_member_of_the_queue_where_others_would_do(
        self,
    ) -> None:
        (alone,) = gates(site("node3", "aolda-cloud-compact")).values()
        assert alone[0] == "tcp:10.0.10.11:5672"
        four = site()
        node = replace(four.cloud.nodes[0], machine="node4", control=False)
        cloud = replace(four.cloud, nodes=(*four.cloud.nodes, node))
        assert gates(replace(four, cloud=cloud, node=node)) == {
            "nova-compute": ("http://10.0.10.250:5000/v3", "http://10.0.10.250:8778/")
        }

    def test_nothing_waits_for_what_starts_later(self) -> None:
        order = [unit for wave in WAVES for unit in wave]
        for port, needed in ((5000, "keystone"), (8778, "placement-api")):
            for unit, places in gates(site()).items():
                if any(f":{port}/" in place for place in places):
                    assert order.index(needed) < order.index(unit)

    def test_the_start_of_what_has_a_port_is_over_when_it_answers_there(self) -> None:
        told = {unit: places for unit, (places,) in answers(site()).items()}
        assert told["nova-api-answers"] == "http://10.0.10.11:8774/"
        assert len(told) == 6
        (file,) = gates_files(site())
        assert "\nnova-api-answers http://10.0.10.11:8774/\n" in file.text


class TestNode:
    TEXT = (
        'digest abc123\nplaced def456\nprograms\nkvm kvm_intel\nswitch "0f1e2d"\n'
        "units keystone nova-api haproxy\n"
        "now active activating active\nboot enabled enabled disabled\n"
    )

    def test_a_unit_counts_as_running_only_if_it_will_after_the_next_boot(self) -> None:
        seen = read_facts(self.TEXT)
        assert seen.running == {"keystone"}
        assert (seen.digest, seen.placed, seen.switch, seen.programs, seen.kvm) == (
            "abc123",
            "def456",
            "0f1e2d",
            True,
            "kvm_intel",
        )

    def test_a_bare_node_has_nothing(self) -> None:
        seen = read_facts("digest none\nswitch \n")
        assert (seen.digest, seen.switch, seen.programs) == ("none", "none", False)

    def test_the_word_that_files_are_being_changed_is_there_before_the_first_of_them(self) -> None:
        facts = read_facts("digest 0123\nplaced 0123\nswitch \n")
        (step,) = placing(site(), tuple(files(site())), facts)
        with tarfile.open(fileobj=io.BytesIO(step.stdin)) as tar:
            first = tar.getnames()[0]
            read = tar.extractfile(first)
            assert read is not None
            assert (first, read.read()) == ("etc/nova/testbed.placed", b"mixed\n")
