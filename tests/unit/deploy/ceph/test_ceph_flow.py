"""Ceph's deployment as a whole: what is there is left alone, what is missing is made."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from fake_ceph_nodes import FakeCluster

from testbed.deploy.ceph.provider import deploy
from testbed.deploy.ceph.secrets import new_secrets
from testbed.errors import TestbedError
from testbed.plan.decide import plan
from testbed.plan.storage import Storage
from testbed.topology.shipped import find


def untimed(machine: str, step: str) -> AbstractContextManager[None]:
    return nullcontext()


def planned() -> Storage:
    found = plan(find("aolda"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").storage
    assert found is not None
    return found


@pytest.fixture(params=["blocks alone", "with files and objects"])
def storage(request: pytest.FixtureRequest) -> Storage:
    more = request.param == "with files and objects"
    return replace(planned(), cephfs=more, rgw=more)


def raise_it(world: FakeCluster) -> list[str]:
    """Deploy and return what that changed."""
    world.changes.clear()
    deploy(world.storage, world.guests, SECRETS, untimed)
    return list(world.changes)


SECRETS = new_secrets(replace(planned(), cephfs=True, rgw=True))


def test_a_second_time_changes_nothing(storage: Storage) -> None:
    world = FakeCluster(storage)
    raise_it(world)
    assert raise_it(world) == []


def test_what_an_operator_made_anew_is_left_alone(storage: Storage) -> None:
    """As after a monitor's `--mkfs` and `osd destroy` and `osd new` with another UUID."""
    world = FakeCluster(storage)
    raise_it(world)
    world.nodes["node2"].digest = "none"
    world.osds[1] = "another"
    assert raise_it(world) == ["node2: files"]
    assert world.osds[1] == "another"


def test_everything_runs_now_and_after_the_next_boot(storage: Storage) -> None:
    world = FakeCluster(storage)
    raise_it(world)
    for name, node in world.nodes.items():
        assert {f"ceph-mon@{name}", f"ceph-mgr@{name}"} <= node.active
        assert {f"ceph-osd@{number}" for number in node.osds} <= node.active
        assert node.active == node.enabled
    assert world.pools.keys() >= {"images", "volumes", "vms"}
    assert all(world.pools.values()), "each pool says what it is for"


def test_wherever_it_is_interrupted_the_next_run_goes_on(storage: Storage) -> None:
    count = len(raise_it(FakeCluster(storage)))
    for cut_after in range(count):
        world = FakeCluster(storage, cut_after=cut_after)
        with pytest.raises(TestbedError):
            raise_it(world)
        before = list(world.changes)
        world.cut_after = None
        after = raise_it(world)
        assert not set(before) & set(after), f"made twice, cut after {cut_after}"
        assert len(before) + len(after) == count
        assert raise_it(world) == []


def test_a_daemon_that_stopped_is_started_and_nothing_else(storage: Storage) -> None:
    world = FakeCluster(storage)
    raise_it(world)
    world.nodes["node2"].active -= {"ceph-osd@1"}
    world.nodes["node3"].enabled -= {"ceph-mgr@node3"}
    assert sorted(raise_it(world)) == ["node2: start ceph-osd@1", "node3: start ceph-mgr@node3"]


class TestLostOsd:
    """An OSD that an operator has taken out of the cluster comes back with a key that fits."""

    @pytest.fixture
    def world(self, storage: Storage) -> FakeCluster:
        world = FakeCluster(storage)
        raise_it(world)
        world.nodes["node2"].active -= {"ceph-osd@1"}
        return world

    def clean_up(self, world: FakeCluster) -> None:
        world.nodes["node2"].osds.clear()
        world.nodes["node2"].keys.clear()

    def test_one_that_was_purged_comes_back_as_it_is(self, world: FakeCluster) -> None:
        world.purge(1)
        assert raise_it(world) == ["node2: admit osd 1", "node2: start ceph-osd@1"]
        assert raise_it(world) == []

    def test_one_that_was_destroyed_comes_back_as_it_is(self, world: FakeCluster) -> None:
        world.destroy(1)
        assert raise_it(world) == ["node2: admit osd 1", "node2: start ceph-osd@1"]
        assert raise_it(world) == []

    @pytest.mark.parametrize("lose", [FakeCluster.purge, FakeCluster.destroy])
    def test_one_whose_folder_is_gone_is_made_anew(
        self, world: FakeCluster, lose: Callable[[FakeCluster, int], None]
    ) -> None:
        lose(world, 1)
        self.clean_up(world)
        back = ["node2: keys", "node2: osd 1", "node2: admit osd 1", "node2: start ceph-osd@1"]
        assert raise_it(world) == back
        assert raise_it(world) == []

    def test_one_that_was_made_anew_before_keeps_its_name_and_its_key(
        self, world: FakeCluster
    ) -> None:
        world.nodes["node2"].osds[1] = "another"
        world.nodes["node2"].keys[1] = "its own"
        world.purge(1)
        assert raise_it(world) == ["node2: admit osd 1", "node2: start ceph-osd@1"]
        assert (world.osds[1], world.auth[1]) == ("another", "its own")

    def test_one_that_was_removed_and_kept_its_key_comes_back_with_it(
        self, world: FakeCluster
    ) -> None:
        uuid = world.osds.pop(1)
        assert raise_it(world) == [f"ceph: osd new {uuid} 1", "node2: start ceph-osd@1"]
