"""When OpenStack is looked at, through whom, and who proves an instance."""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lab import planned

sys.path.append(str(Path(__file__).parents[1]))  # the OpenStack of dictionaries is shared

from fake_openstack import FakeOpenStack, Guest
from sound_cloud import SOUND

from testbed.apply import health, tenancy, watching
from testbed.apply.folders import Folders
from testbed.apply.tenancy import outsider, settle_tenant
from testbed.deploy.openstack.files import DIGEST
from testbed.deploy.openstack.secrets import ADMIN, new_secrets
from testbed.errors import StateError, WaitTimeout
from testbed.guest import Result, Unreachable
from testbed.plan.models import Plan
from testbed.probe.cloud.seen import CloudSeen, ServiceSeen

SECRETS = {**new_secrets(), ADMIN: "admins"}


def gone(*_: object, **__: object) -> Result:
    raise Unreachable("it does not answer")


@pytest.fixture
def made() -> Plan:
    return planned(Path("/lab"), "aolda-cloud")


@pytest.fixture
def openstack() -> FakeOpenStack:
    return FakeOpenStack()


@pytest.fixture
def session(made: Plan, openstack: FakeOpenStack) -> Any:
    return SimpleNamespace(guests={m.name: Guest(m.name, openstack) for m in made.machines})


@pytest.fixture
def kept(folders: Folders) -> None:
    """OpenStack's passwords are there, as after its deployment."""
    keys = folders.of_testbed("lab") / "keys"
    keys.mkdir()
    (keys / "cloud.json").write_text(json.dumps(SECRETS))


class TestLook:
    def test_every_api_and_the_dashboard_are_asked(
        self, made: Plan, folders: Folders, session: Any, kept: None
    ):
        seen = watching.look_where_deployed(folders, made, session)
        assert seen is not None
        assert set(seen.endpoints) == {
            *("keystone", "glance", "placement", "nova", "neutron", "cinder", "horizon"),
        }

    def test_what_was_seen_is_remembered(
        self, made: Plan, folders: Folders, session: Any, kept: None
    ):
        seen = watching.look_where_deployed(folders, made, session)
        health.remember(folders, "lab", (), cloud=seen)
        found = health.recall(folders, "lab")
        assert found is not None
        assert found.cloud == seen

    def test_without_passwords_there_is_nothing_to_look_at(
        self, made: Plan, folders: Folders, session: Any
    ):
        assert watching.look_where_deployed(folders, made, session) is None

    def test_nodes_that_hold_no_openstack_yet_are_left_alone(
        self, made: Plan, folders: Folders, session: Any, openstack: FakeOpenStack, kept: None
    ):
        for guest in session.guests.values():
            guest.answers["test -e"] = Result(1, "", "", 0.1)
        assert watching.look_where_deployed(folders, made, session) is None
        assert openstack.requests == []

    def test_a_deployment_that_has_not_ended_is_looked_at_by_who_asks_for_it_alone(
        self, made: Plan, folders: Folders, session: Any, kept: None
    ):
        for guest in session.guests.values():
            guest.answers[f"test -e {DIGEST}"] = Result(1, "", "", 0.1)
        assert watching.look_where_deployed(folders, made, session) is None
        seen = watching.look_where_begun(folders, made, session)
        assert seen is not None
        assert len(seen.nodes) == 3

    def test_one_controller_that_answers_is_enough(
        self, made: Plan, folders: Folders, session: Any, kept: None
    ):
        for name in ("node1", "node2"):
            session.guests[name].run = gone
        seen = watching.look_where_deployed(folders, made, session)
        assert seen is not None
        assert [each.machine for each in seen.nodes] == ["node3"]

    def test_controllers_that_are_all_silent_are_told(
        self, made: Plan, folders: Folders, session: Any, kept: None
    ):
        for name in ("node1", "node2", "node3"):
            session.guests[name].run = gone
        with pytest.raises(WaitTimeout, match="OpenStack whole") as caught:
            watching.wait_where_deployed(folders, made, session, timeout=0.0)
        assert "look: it does not answer" in caught.value.why

    def test_a_testbed_without_a_cloud_has_none(self, folders: Folders, session: Any, kept: None):
        flat = planned(Path("/lab"), "aolda-flat")
        assert watching.look_where_deployed(folders, flat, session) is None


class TestWait:
    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody waits, and what looks see is told one after the other."""
        self.looks: list[CloudSeen] = []
        monkeypatch.setattr(watching, "_EVERY", 0.0)
        monkeypatch.setattr(watching, "look_where_deployed", lambda *_: self.looks.pop(0))

    def wait(self, made: Plan, folders: Folders, *looks: CloudSeen) -> CloudSeen | None:
        self.looks += looks
        patience = 0.0 if len(looks) == 1 else 60.0
        return watching.wait_where_deployed(folders, made, None, timeout=patience)  # type: ignore[arg-type]

    def test_services_that_seem_dead_after_a_restore_are_waited_for(
        self, made: Plan, folders: Folders
    ):
        assert self.wait(made, folders, with_compute(up=False), SOUND) == SOUND
        assert self.looks == []

    def test_one_that_is_switched_off_is_not(self, made: Plan, folders: Folders):
        off = with_compute(up=False, enabled=False)
        assert self.wait(made, folders, off) == off

    def test_an_instance_that_failed_is_not(self, made: Plan, folders: Folders):
        web = replace(SOUND.instances[0], state="ERROR")
        failed = replace(SOUND, instances=(web,))
        assert self.wait(made, folders, failed) == failed

    @pytest.mark.parametrize(
        ("unwell", "told"),
        [
            ({"endpoints": {"keystone": "300", "nova": "503"}}, "APIs: nova: 503"),
            ({"unasked": ("keystone: no answer",)}, "look: keystone: no answer"),
            ({"nodes": SOUND.nodes[:2]}, "database: node1 Synced, sees 3, node2 Synced, sees 3"),
            ({"services": (ServiceSeen("nova-api", "node2", False),)}, "nova-api on node2 is down"),
            (
                {"nodes": (replace(SOUND.nodes[0], chassis=False), *SOUND.nodes[1:])},
                "chassis: 2 of 3 connected, not node1",
            ),
        ],
    )
    def test_what_stays_wrong_is_told(
        self, made: Plan, folders: Folders, unwell: dict[str, Any], told: str
    ):
        with pytest.raises(WaitTimeout, match="OpenStack whole") as caught:
            self.wait(made, folders, replace(SOUND, **unwell))
        assert told in caught.value.why


def with_compute(*, up: bool, enabled: bool = True) -> CloudSeen:
    return replace(SOUND, services=(ServiceSeen("nova-compute", "node2", up, enabled),))


class TestTenant:
    @pytest.fixture(autouse=True)
    def _proofs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Worlds and proofs are told, not made."""
        self.did: list[str] = []
        self.proven = False
        self.proven_once = False

        def make_world(_: object, *, quota: bool) -> None:
            self.did.append("world and quota" if quota else "world")

        monkeypatch.setattr(tenancy, "make_world", make_world)
        monkeypatch.setattr(tenancy, "is_proven", lambda _: self.proven)
        monkeypatch.setattr(tenancy, "was_proven", lambda _: self.proven_once)
        monkeypatch.setattr(tenancy, "prove", lambda _, by: f"{by.name} saw its page")

    def settle(self, made: Plan, session: Any) -> str:
        def untimed(machine: str, step: str) -> AbstractContextManager[None]:
            return nullcontext()

        assert made.cloud is not None
        return settle_tenant(made, made.cloud, SECRETS, session.guests, session, untimed)

    def test_the_router_is_who_reaches_the_instance(self, made: Plan, session: Any):
        assert self.settle(made, session) == "router saw its page"
        assert self.did == ["world and quota"]

    def test_one_that_was_proven_and_is_configured_anew_keeps_its_quota(
        self, made: Plan, session: Any
    ):
        self.proven_once = True
        assert self.settle(made, session) == "router saw its page"
        assert self.did == ["world"]

    def test_what_was_proven_is_the_tenants_and_left_alone(self, made: Plan, session: Any):
        self.proven = True
        assert self.settle(made, session) == ""
        assert self.did == []

    def test_where_nobody_reaches_instances_it_is_said(self, made: Plan, session: Any):
        assert made.cloud is not None
        flat = planned(Path("/lab"), "aolda-flat")
        with pytest.raises(StateError, match="no machine of testbed 'lab' reaches"):
            outsider(flat, made.cloud, session)
