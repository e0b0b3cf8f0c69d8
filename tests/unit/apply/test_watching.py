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

from testbed.apply import health, tenancy, watching
from testbed.apply.folders import Folders
from testbed.apply.tenancy import outsider, settle_tenant
from testbed.deploy.openstack.secrets import ADMIN, new_secrets
from testbed.errors import StateError, WaitTimeout
from testbed.guest import Result, Unreachable
from testbed.plan.models import Plan
from testbed.probe.cloud.seen import CloudSeen, ServiceSeen

SECRETS = {**new_secrets(), ADMIN: "admins"}


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

    def test_one_controller_that_answers_is_enough(
        self, made: Plan, folders: Folders, session: Any, kept: None
    ):
        def gone(*_: object, **__: object) -> Result:
            raise Unreachable("it does not answer")

        for name in ("node1", "node2"):
            session.guests[name].run = gone
        seen = watching.look_where_deployed(folders, made, session)
        assert seen is not None
        assert [each.machine for each in seen.nodes] == ["node3"]

    def test_a_testbed_without_a_cloud_has_none(self, folders: Folders, session: Any, kept: None):
        flat = planned(Path("/lab"), "aolda-flat")
        assert watching.look_where_deployed(folders, flat, session) is None


class TestWait:
    def test_services_that_seem_dead_after_a_restore_are_waited_for(
        self, made: Plan, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        looks = [seen_with(up=False), seen_with(up=False), seen_with(up=True)]
        monkeypatch.setattr(watching, "look_where_deployed", lambda *_: looks.pop(0))
        monkeypatch.setattr(watching, "_EVERY", 0.0)
        assert watching.wait_where_deployed(folders, made, None) == seen_with(up=True)  # type: ignore[arg-type]
        assert looks == []

    def test_one_that_is_switched_off_is_not(
        self, made: Plan, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        off = seen_with(up=False, enabled=False)
        monkeypatch.setattr(watching, "look_where_deployed", lambda *_: off)
        assert watching.wait_where_deployed(folders, made, None) == off  # type: ignore[arg-type]

    def test_one_that_stays_silent_is_named(
        self, made: Plan, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(watching, "look_where_deployed", lambda *_: seen_with(up=False))
        monkeypatch.setattr(watching, "_REPORTS", 0.0)
        monkeypatch.setattr(watching, "_EVERY", 0.0)
        with pytest.raises(WaitTimeout, match="APIs and services") as caught:
            watching.wait_where_deployed(folders, made, None)  # type: ignore[arg-type]
        assert "silent: nova-compute on node2" in caught.value.why

    @pytest.mark.parametrize(
        ("unwell", "told"),
        [
            ({"endpoints": {"keystone": "300", "nova": "503"}}, "nova"),
            ({"unasked": ("keystone: no answer",), "services": ()}, "keystone: no answer"),
        ],
    )
    def test_what_does_not_answer_is_named(
        self,
        made: Plan,
        folders: Folders,
        monkeypatch: pytest.MonkeyPatch,
        unwell: dict[str, Any],
        told: str,
    ):
        seen = replace(seen_with(up=True), **unwell)
        monkeypatch.setattr(watching, "look_where_deployed", lambda *_: seen)
        monkeypatch.setattr(watching, "_REPORTS", 0.0)
        with pytest.raises(WaitTimeout) as caught:
            watching.wait_where_deployed(folders, made, None)  # type: ignore[arg-type]
        assert caught.value.why.endswith(f"silent: {told}")


def seen_with(*, up: bool, enabled: bool = True) -> CloudSeen:
    service = ServiceSeen("nova-compute", "node2", up, enabled)
    return CloudSeen((), {}, services=(service,))


class TestTenant:
    @pytest.fixture(autouse=True)
    def _proofs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Worlds and proofs are told, not made."""
        self.did: list[str] = []
        self.proven = False
        monkeypatch.setattr(tenancy, "make_world", lambda _: self.did.append("world"))
        monkeypatch.setattr(tenancy, "is_proven", lambda _: self.proven)
        monkeypatch.setattr(tenancy, "prove", lambda _, by: self.did.append(f"proof by {by.name}"))

    def settle(self, made: Plan, session: Any) -> list[str]:
        def untimed(machine: str, step: str) -> AbstractContextManager[None]:
            return nullcontext()

        assert made.cloud is not None
        settle_tenant(made, made.cloud, SECRETS, session.guests, session, untimed)
        return self.did

    def test_the_router_is_who_reaches_the_instance(self, made: Plan, session: Any):
        assert self.settle(made, session) == ["world", "proof by router"]

    def test_a_cloud_that_was_proven_is_not_proven_again(self, made: Plan, session: Any):
        self.proven = True
        assert self.settle(made, session) == ["world"]

    def test_where_nobody_reaches_instances_it_is_said(self, made: Plan, session: Any):
        assert made.cloud is not None
        flat = planned(Path("/lab"), "aolda-flat")
        with pytest.raises(StateError, match="no machine of testbed 'lab' reaches"):
            outsider(flat, made.cloud, session)
