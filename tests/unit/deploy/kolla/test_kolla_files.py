"""What kolla-ansible is given: as the topology wants it, and secrets only where they belong."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.deploy import kolla
from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.render.hosts import hosts
from testbed.topology.models import Topology
from testbed.topology.shipped import find

KEYS = {
    "client.glance": "GLANCE==",
    "client.cinder": "CINDER==",
    "client.cinder-backup": "BACKUP==",
}
WITH_BACKUPS = ("images", "volumes", "vms", "backups")


def planned(storage: dict[str, Any] | None = None, **cloud: Any) -> Plan:
    values = find("aolda").model_dump(mode="json") | {"cloud": {"provider": "kolla", **cloud}}
    values["storage"] |= storage or {}
    topology = Topology.model_validate(values)
    return plan(topology, name="lab", folder=Path("/lab"), loopback="127.77.0.1")


def files(made: Plan, **more: Any) -> dict[str, str]:
    assert made.cloud and made.storage
    return dict(kolla.files(made, made.cloud, made.storage, **more))


def settings(made: Plan) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files(made)["globals.yml"])
    return found


def test_keys_are_in_keyrings_of_their_users_and_nowhere_else() -> None:
    found = files(planned({"pools": WITH_BACKUPS}), keys=KEYS)
    with_keys = {name: re.findall(r"\w+==", text) for name, text in found.items()}
    assert {name: keys for name, keys in with_keys.items() if keys} == {
        "config/glance/ceph.client.glance.keyring": ["GLANCE=="],
        "config/nova/ceph.client.cinder.keyring": ["CINDER=="],
        "config/cinder/cinder-volume/ceph.client.cinder.keyring": ["CINDER=="],
        "config/cinder/cinder-backup/ceph.client.cinder.keyring": ["CINDER=="],
        "config/cinder/cinder-backup/ceph.client.cinder-backup.keyring": ["BACKUP=="],
    }


def test_a_testbed_that_is_not_raised_has_no_keyrings_and_no_way_in() -> None:
    found = files(planned())
    assert not [name for name in found if name.endswith("keyring") or name == "ssh_config"]
    assert "not raised" in found["README.md"]
    assert "not raised" not in files(planned(), ssh_config="Host node1\n")["README.md"]


def test_passwords_are_left_to_kolla_ansible() -> None:
    assert not [name for name in files(planned()) if "passwords" in name]


def test_ceph_conf_has_no_tab_and_the_clients_own_cache() -> None:
    made = planned({"client_cache": {"rbd_cache": False}})
    for name in ("glance", "nova", "cinder"):
        text = files(made)[f"config/{name}/ceph.conf"]
        assert "\t" not in text
        assert "[client]\nrbd_cache = false\n" in text
    assert "[client]" not in files(planned())["config/nova/ceph.conf"]


def test_backups_are_made_where_there_is_a_pool_for_them() -> None:
    assert settings(planned())["enable_cinder_backup"] is False
    assert settings(planned({"pools": WITH_BACKUPS}))["enable_cinder_backup"] is True


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        (None, {}),
        ("registry.example:5000", {"docker_registry": "registry.example:5000"}),
        (
            "registry.example/my/own",
            {"docker_registry": "registry.example", "docker_namespace": "my/own"},
        ),
    ],
    ids=["none", "host", "namespace"],
)
def test_the_registry_is_a_setting(registry: str | None, expected: dict[str, str]) -> None:
    found = settings(planned(registry=registry))
    assert {key: value for key, value in found.items() if key.startswith("docker_")} == expected


def test_neutron_is_told_of_mtus_that_are_not_the_usual_one() -> None:
    assert not any("neutron" in name for name in files(planned()))
    values = find("aolda").model_dump(mode="json") | {"cloud": {"provider": "kolla"}}
    values["vlans"]["vxlan"]["mtu"] = 1400
    made = plan(Topology.model_validate(values), name="lab", folder=Path(), loopback="127.77.0.1")
    found = files(made)
    assert found["config/neutron.conf"] == "[DEFAULT]\nglobal_physnet_mtu = 1500\n"
    assert found["config/neutron/ml2_conf.ini"] == "[ml2]\npath_mtu = 1400\n"


def test_a_nodes_name_means_where_its_services_listen_as_rabbitmq_wants_it() -> None:
    made = planned()
    assert made.cloud
    for reader in made.cloud.nodes:
        lines = [line.split() for line in hosts(made, made.machine(reader.machine)).splitlines()]
        for node in made.cloud.nodes:
            known = [address for address, *names in lines if node.machine in names]
            assert known == [str(node.address)]


def test_what_a_topology_lacks_is_told() -> None:
    text = files(planned())["README.md"]
    assert "node1 has 1536 MiB" in text
    assert "internet: false" in text
    values = find("aolda").model_dump(mode="json") | {"cloud": {"provider": "kolla"}}
    values["internet"] = True
    for name in ("node1", "node2", "node3"):
        values["machines"][name]["memory"] = 8192
    made = plan(Topology.model_validate(values), name="lab", folder=Path(), loopback="127.77.0.1")
    assert "Lacking" not in files(made)["README.md"]


def test_what_nobody_has_done_is_told_in_what_a_person_reads() -> None:
    found = files(planned())
    assert kolla.NOT_RUN in found["README.md"]
    assert kolla.NOT_RUN in found["commands.sh"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the commands, and programs that note how they are called."""
    (tmp_path / "commands.sh").write_text(files(planned())["commands.sh"])
    example = tmp_path / "share/kolla-ansible/etc_examples/kolla/passwords.yml"
    example.parent.mkdir(parents=True)
    example.write_text("database_password:\n")
    for name in ("kolla-ansible", "kolla-genpwd"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >>"{tmp_path}/called"\n[ "$1" != "$FAILS" ]\n'
        )
        program.chmod(0o755)
    return tmp_path


def run(
    folder: Path, path: str | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", folder / "commands.sh"],
        env={"PATH": path or f"{folder}/bin:{os.environ['PATH']}", "FAILS": "-", **environment},
        cwd="/",
        capture_output=True,
        text=True,
    )


def called(folder: Path) -> list[str]:
    lines = (folder / "called").read_text().replace(str(folder), "FOLDER").splitlines()
    return [line.removesuffix(" -i inventory --configdir FOLDER") for line in lines]


def test_the_commands_are_run_in_order_from_anywhere(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert called(folder) == [
        "kolla-ansible install-deps",
        "kolla-genpwd --passwords FOLDER/passwords.new",
        "kolla-ansible bootstrap-servers",
        "kolla-ansible prechecks -i inventory --configdir FOLDER --use-test-images",
        "kolla-ansible pull",
        "kolla-ansible deploy",
        "kolla-ansible post-deploy",
    ]


def test_collections_that_are_there_are_not_fetched_again(folder: Path) -> None:
    run(folder)
    run(folder)
    assert called(folder).count("kolla-ansible install-deps") == 1
    (folder / "collections.complete").unlink()  # as where a run was cut short
    run(folder)
    assert called(folder).count("kolla-ansible install-deps") == 2


def test_passwords_are_made_once_and_readable_by_nobody_else(folder: Path) -> None:
    run(folder)
    made = folder / "passwords.yml"
    assert made.stat().st_mode & 0o077 == 0
    made.write_text("mine\n")
    run(folder)
    assert made.read_text() == "mine\n"
    assert called(folder).count("kolla-genpwd --passwords FOLDER/passwords.new") == 1


def test_passwords_that_were_only_half_made_are_made_anew(folder: Path) -> None:
    assert run(folder, FAILS="--passwords").returncode != 0
    assert not (folder / "passwords.yml").exists()
    assert run(folder).returncode == 0
    assert (folder / "passwords.yml").exists()


def test_the_first_failure_is_the_last_command(folder: Path) -> None:
    assert run(folder, FAILS="bootstrap-servers").returncode != 0
    assert called(folder)[-1] == "kolla-ansible bootstrap-servers"


def test_without_kolla_ansible_it_says_how_to_get_it(folder: Path) -> None:
    done = run(folder, path="/usr/bin:/bin")
    assert done.returncode == 4
    assert f"pip install '{kolla.REQUIREMENT}'" in done.stderr
    assert not (folder / "called").exists()
