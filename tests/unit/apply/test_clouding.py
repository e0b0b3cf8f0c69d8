"""The cloud stage: which testbeds have it, what it keeps, and its memory."""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab import FakeHost, FakeSession, doors, image
from lab import planned as planned_at

from testbed.apply import budget, clouding, kolla, lifecycle, logs, raising, storing
from testbed.apply.folders import Folders
from testbed.apply.stages import Level, highest, level, levels
from testbed.errors import HostError, StateError
from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.topology.models import Topology
from testbed.topology.shipped import find, shipped


def planned(topology: str, **cloud: str) -> Plan:
    values = find(topology).model_dump(mode="json")
    if cloud:
        values["cloud"] = cloud
    read = Topology.model_validate(values)
    return plan(read, name="lab", folder=Path("/lab"), loopback="127.77.0.1")


class TestLevel:
    def test_a_cloud_of_packages_is_the_last_level(self) -> None:
        made = planned("aolda-cloud")
        assert levels(made) == (Level.NETWORK, Level.STORAGE, Level.CLOUD)
        assert level(made, None) is Level.CLOUD
        assert level(made, Level.STORAGE) is Level.STORAGE

    def test_kolla_ansibles_cloud_is_not_ours_to_raise(self) -> None:
        made = planned("aolda", provider="kolla")
        assert levels(made) == (Level.NETWORK, Level.STORAGE)
        with pytest.raises(StateError) as caught:
            level(made, Level.CLOUD)
        assert caught.value.why == (
            "its OpenStack is kolla-ansible's, which testbed writes the files for and does not "
            "run; it can be raised to: network, storage"
        )

    def test_without_the_section_there_is_no_such_level(self) -> None:
        with pytest.raises(StateError, match="cannot be raised to 'cloud'") as caught:
            level(planned("aolda"), Level.CLOUD)
        assert caught.value.next_step == (
            "run the same command with --to storage, or add the section to the topology"
        )

    def test_the_checkpoint_of_a_cloud_is_above_those_before(self) -> None:
        assert highest({"network", "storage", "cloud"}, Level.CLOUD) is Level.CLOUD
        assert highest({"network", "cloud"}, Level.STORAGE) is Level.NETWORK

    def test_kolla_ansible_gets_no_files_for_a_cloud_of_packages(self) -> None:
        with pytest.raises(StateError) as caught:
            kolla.wanted(planned("aolda-cloud"))
        assert "'provider: packages'" in caught.value.why


class TestSecrets:
    def test_they_are_made_once_and_readable_by_their_owner_only(self, folders: Folders) -> None:
        made = clouding.secrets(folders, "lab")
        path = folders.records("lab") / "keys" / "cloud.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert clouding.secrets(folders, "lab") == made

    def test_a_new_name_is_added_and_the_others_stay(self, folders: Folders) -> None:
        made = clouding.secrets(folders, "lab")
        path = folders.records("lab") / "keys" / "cloud.json"
        path.write_text('{"admin": "0123"}')
        again = clouding.secrets(folders, "lab")
        assert again["admin"] == "0123"
        assert again.keys() == made.keys()


def need(topology: str) -> budget.Budget:
    return budget.needs(planned(topology).machines, "qemu")


class TestMemory:
    def test_the_whole_cloud_leaves_room_on_24_gib(self) -> None:
        assert need("aolda-cloud").memory_mib < 18 * 1024

    def test_a_laptop_with_16_gib_is_offered_the_compact_one(self) -> None:
        free = budget.Budget(memory_mib=13 * 1024, disk_mib=500 * 1024, vcpus=4)
        every = [(name, need(name)) for name in shipped()]
        with pytest.raises(HostError) as caught:
            budget.must_fit("aolda-cloud", need("aolda-cloud"), free, lambda: every)
        assert caught.value.next_step.endswith("testbed up aolda-cloud-compact")


@pytest.fixture
def raised(
    tmp_path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Level | None], list[str]]:
    """Return what raises aolda-cloud to a level on fakes, and tells the stages it went through."""
    host = FakeHost(planned_at(folders.disks("lab"), "aolda-cloud"), tmp_path)
    opened, went = doors(host.plan), list[str]()

    @contextmanager
    def session(plan: object, own: object) -> Iterator[FakeSession]:
        yield opened

    for module in (raising, lifecycle, logs):
        monkeypatch.setattr(module, "session", session)
    monkeypatch.setattr(
        raising, "build_images", lambda *_: dict.fromkeys(("base", "cloud"), image(tmp_path))
    )
    monkeypatch.setattr(raising.ports, "must_be_free", lambda *_: None)
    monkeypatch.setattr(storing, "raise_storage", lambda *_: went.append("storage"))
    monkeypatch.setattr(storing, "wait_where_deployed", lambda *_: None)
    monkeypatch.setattr(clouding, "raise_cloud", lambda *_, **__: not went.append("cloud"))

    def up(to: Level | None) -> list[str]:
        went.clear()
        wish = raising.Wish(find("aolda-cloud"), "lab", "qemu", to)
        assert raising.up(host, folders, wish, print).reached == ("cloud" in went)
        return [*went, *{s.name for each in host.snapshots.values() for s in each}]

    return up


class TestUp:
    def test_the_cloud_comes_after_the_storage_and_then_its_checkpoint(
        self, raised: Callable[[Level | None], list[str]]
    ) -> None:
        assert raised(None) == ["storage", "cloud", "cloud"]

    def test_up_to_storage_stops_before_it(
        self, raised: Callable[[Level | None], list[str]]
    ) -> None:
        assert raised(Level.STORAGE) == ["storage", "storage"]
