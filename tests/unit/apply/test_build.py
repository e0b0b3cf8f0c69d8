"""Making and removing machines: whose volumes go, and what is made in their place."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lab import FakeHost, image, planned

from testbed.apply import build, keys
from testbed.apply.folders import Folders
from testbed.errors import HostError
from testbed.host import MachineState, Pool

NODE1 = "testbed-lab-node1"
OWN = {"node1.qcow2", "node1.seed.iso", "node1.osd1.qcow2"}


@pytest.fixture
def host(tmp_path: Path, folders: Folders) -> FakeHost:
    """Each node of this testbed has a second disk."""
    return FakeHost(planned(folders.disks("lab"), "aolda"), tmp_path)


@pytest.fixture
def pool(host: FakeHost) -> Pool:
    return host.ensure_pool(host.plan.pool, host.plan.pool_uuid, host.plan.folder)


@pytest.fixture
def make(host: FakeHost, pool: Pool, folders: Folders, tmp_path: Path) -> Callable[[str], None]:
    own = keys.make(folders, host.plan)

    def make_machine(name: str) -> None:
        machine = host.plan.machine(name)
        build.create(host, pool, host.plan, machine, image(tmp_path), own, "qemu")

    return make_machine


def names(host: FakeHost, pool: Pool) -> set[str]:
    return {volume.name for volume in host.list_volumes(pool)}


def test_only_the_machines_own_volumes_go(host: FakeHost, pool: Pool, make):
    make("node1")
    make("node2")
    host.upload(pool, "notes.raw", b"nobody's")
    of_others = names(host, pool) - OWN
    assert names(host, pool) > OWN
    build.remove(host, pool, host.plan.machine("node1"))
    assert names(host, pool) == of_others
    assert set(host.machines) == {"testbed-lab-node2"}


def test_a_machine_that_is_gone_is_removed_without_a_word(host: FakeHost, pool: Pool):
    build.remove(host, pool, host.plan.machine("node1"))
    assert host.verbs("delete volume") == []


@pytest.mark.parametrize("state", [MachineState.OFF, MachineState.RUNNING, MachineState.PAUSED])
def test_a_machine_made_again_replaces_its_volumes(host: FakeHost, pool: Pool, make, state):
    make("node1")
    host._becomes(NODE1, state=state)
    host.did.clear()
    make("node1")
    assert names(host, pool) == OWN
    assert {name for _, name in host.verbs("delete volume")} == OWN
    assert host.machines[NODE1].state == MachineState.OFF


def test_what_an_earlier_try_left_is_replaced(host: FakeHost, pool: Pool, make):
    host.create_overlay(pool, "node1.qcow2", 64, Path("/nowhere/root.qcow2"))
    with pytest.raises(HostError, match=r"cannot make volume 'node1\.qcow2'"):
        host.create_disk(pool, "node1.qcow2", 64)
    make("node1")
    assert names(host, pool) == OWN
