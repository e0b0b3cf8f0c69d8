"""A tenant's world and the proof: made as whom, made once, and what is told where it fails."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # the OpenStack of dictionaries is shared

from fake_openstack import FakeOpenStack, Guest

from testbed.deploy.openstack import asking, login, proof, tenant
from testbed.deploy.openstack.proof import is_proven, prove
from testbed.deploy.openstack.secrets import ADMIN, TENANT, TENANT_KEY, new_secrets
from testbed.deploy.openstack.tenant import World, make_world
from testbed.errors import DeployError
from testbed.guest import Result
from testbed.plan.decide import plan
from testbed.probe.cloud.ask import CloudRefused
from testbed.topology.shipped import find

SECRETS = {**new_secrets(), ADMIN: "admins"}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a fake."""
    for name in ("_MADE", "_ACTIVE", "_REACHED", "_GONE"):
        monkeypatch.setattr(proof, name, 0.3)
    monkeypatch.setattr(proof, "_EVERY", 0.02)
    monkeypatch.setattr(asking, "_PATIENCE", 0.3)
    monkeypatch.setattr(asking, "_EVERY", 0.02)


@pytest.fixture
def openstack() -> FakeOpenStack:
    return FakeOpenStack()


@pytest.fixture
def steps() -> list[str]:
    return []


@pytest.fixture
def world(openstack: FakeOpenStack, steps: list[str]) -> World:
    found = plan(find("aolda-cloud"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").cloud
    assert found is not None

    def timing(machine: str, step: str) -> AbstractContextManager[None]:
        steps.append(f"{machine}: {step}")
        return nullcontext()

    guests = {node.machine: Guest(node.machine, openstack) for node in found.nodes}
    return World(found, SECRETS, guests, timing)


@pytest.fixture
def router(openstack: FakeOpenStack) -> Guest:
    return Guest("router", openstack)


class TestWorld:
    def test_all_of_it_is_made(self, world: World, openstack: FakeOpenStack, steps: list[str]):
        make_world(world)
        assert openstack.made("projects") == ["club"]
        assert openstack.made("users") == ["member"]
        assert openstack.made("flavors") == ["tiny"]
        assert openstack.made("images") == ["tiny"]
        assert openstack.made("networks") == ["outside", "club"]
        assert openstack.made("subnets") == ["outside", "club"]
        assert openstack.made("routers") == ["club"]
        assert openstack.made("application_credentials") == ["testbed"]
        assert len(openstack.things["security_group_rules"]) == 3
        assert steps == [
            "node1: tenant",
            "node1: tiny image",
            "node1: outside network",
            "node1: tenant's network",
        ]

    def test_the_user_is_a_member_of_his_project_and_of_no_other(
        self, world: World, openstack: FakeOpenStack
    ):
        make_world(world)
        (role,) = (each for each in openstack.things["roles"] if each["name"] == "member")
        own = ("id-club", "id-member", role["id"])
        assert {each for each in openstack.roles if each[1] == "id-member"} == {own}
        openstack.roles.discard(own)
        with pytest.raises(CloudRefused):
            world.log_in(login.member(SECRETS))
        make_world(world)
        assert own in openstack.roles

    def test_the_tenant_may_have_as_much_as_small_nodes_can_give(
        self, world: World, openstack: FakeOpenStack
    ):
        make_world(world)
        assert openstack.quotas == {
            ("compute", "id-club"): {"instances": 10, "cores": 10, "ram": 2048},
            ("volumev3", "id-club"): {"volumes": 10, "snapshots": 10, "gigabytes": 20},
            ("network", "id-club"): {"floatingip": 10},
        }

    def test_of_few_addresses_the_tenant_may_have_no_more_than_there_are(
        self, world: World, openstack: FakeOpenStack
    ):
        outside = replace(world.outside, last=world.outside.first + 2)
        make_world(replace(world, cloud=replace(world.cloud, outside=outside)))
        assert openstack.quotas["network", "id-club"] == {"floatingip": 3}

    def test_what_is_there_is_not_made_again(self, world: World, openstack: FakeOpenStack):
        make_world(world)
        before = {name: len(things) for name, things in openstack.things.items()}
        openstack.commands.clear()
        make_world(world)
        assert {name: len(things) for name, things in openstack.things.items()} == before
        assert openstack.commands == []

    def test_what_the_administrator_allows_later_stays(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        def limits(*_: object) -> None:
            raise AssertionError("his quota is not ours any more")

        monkeypatch.setattr(tenant, "_limit", limits)
        make_world(world, quota=False)

    def test_the_outside_is_the_provider_vlan_and_none_of_its_machines(
        self, world: World, openstack: FakeOpenStack
    ):
        make_world(world)
        outside, club = openstack.things["networks"]
        assert outside["provider:network_type"] == "flat"
        assert outside["provider:physical_network"] == "physnet1"
        assert outside["router:external"] is True
        subnet, own = openstack.things["subnets"]
        assert (subnet["cidr"], subnet["gateway_ip"]) == ("10.0.40.0/24", "10.0.40.1")
        assert subnet["allocation_pools"] == [{"start": "10.0.40.2", "end": "10.0.40.254"}]
        assert subnet["enable_dhcp"] is False
        assert (own["network_id"], own["cidr"]) == (club["id"], "192.168.100.0/24")
        (router,) = openstack.things["routers"]
        assert router["external_gateway_info"] == {"network_id": outside["id"]}

    def test_the_user_has_his_secrets(self, world: World, openstack: FakeOpenStack):
        make_world(world)
        assert openstack.passwords["member"] == SECRETS[TENANT]
        (credential,) = openstack.things["application_credentials"]
        assert credential["secret"] == SECRETS[TENANT_KEY]

    def test_the_image_is_sent_by_a_node_and_no_word_of_it_is_secret(
        self, world: World, openstack: FakeOpenStack
    ):
        make_world(world)
        (command,) = openstack.commands
        assert "--upload-file /usr/share/testbed/tiny.raw" in command
        assert command.endswith("http://10.0.10.250:9292/v2/images/id-tiny/file")
        assert "token" not in command
        assert openstack.sent == b"X-Auth-Token: token-201\n"

    def test_whoever_stops_a_tiny_instance_does_not_wait_for_it(
        self, world: World, openstack: FakeOpenStack
    ):
        make_world(world)
        assert openstack.things["images"][0]["os_shutdown_timeout"] == "0"

    def test_a_tiny_instance_finds_its_configuration_on_the_cheap_controller(
        self, world: World, openstack: FakeOpenStack
    ):
        make_world(world)
        image = openstack.things["images"][0]
        assert (image["hw_cdrom_bus"], image["hw_scsi_model"]) == ("scsi", "virtio-scsi")

    def test_an_image_whose_sending_broke_off_is_made_anew(
        self, world: World, openstack: FakeOpenStack
    ):
        openstack.things["images"] = [image_of("half", "public"), image_of("own", "private")]
        make_world(world)
        own, image = openstack.things["images"]
        assert own["id"] == "own"
        assert (image["id"], image["status"]) == ("id-tiny", "active")

    def test_a_service_that_has_just_started_is_asked_again(
        self, world: World, openstack: FakeOpenStack
    ):
        openstack.fails = {"POST 5000/v3/auth/tokens": [503], "POST 9696/v2.0/networks": [502, 504]}
        make_world(world)
        assert openstack.made("networks") == ["outside", "club"]

    def test_a_refusal_names_the_step_and_what_openstack_says(
        self, world: World, openstack: FakeOpenStack
    ):
        openstack.fails = {"POST 8774/v2.1/flavors": [403]}
        with pytest.raises(DeployError, match="step 'tenant' failed: OpenStack refused") as caught:
            make_world(world)
        assert caught.value.why == "403: it failed; nothing after this step was run"

    def test_a_service_that_never_gets_well_is_told_with_the_last_thing_seen(
        self, world: World, openstack: FakeOpenStack
    ):
        openstack.silent = {8774}
        with pytest.raises(DeployError, match="step 'tenant' failed") as caught:
            make_world(world)
        assert "nothing answers at 10.0.10.250:8774" in caught.value.why


def image_of(name: str, visibility: str) -> dict[str, str]:
    return {"id": name, "name": "tiny", "status": "saving", "visibility": visibility}


class TestProof:
    @pytest.fixture(autouse=True)
    def _world(self, world: World) -> None:
        make_world(world)

    def test_an_instance_is_reached_and_gone_again(
        self, world: World, router: Guest, openstack: FakeOpenStack
    ):
        assert not is_proven(world)
        seen = prove(world, router)
        assert seen == (
            "an instance from a volume in Ceph answered router at 10.0.40.2 and showed its page"
        )
        for left in ("servers", "volumes", "floatingips"):
            assert openstack.things[left] == []
        assert "router: ping -c 1 -W 2 10.0.40.2" in openstack.commands
        assert is_proven(world)

    def test_it_starts_from_a_volume_of_the_tiny_image(
        self, world: World, router: Guest, openstack: FakeOpenStack
    ):
        router.answers["ping"] = Result(1, "", "unreachable", 0.1)  # so that all of it stays
        with pytest.raises(DeployError):
            prove(world, router)
        (volume,) = openstack.things["volumes"]
        assert (volume["imageRef"], volume["size"]) == ("id-tiny", 1)
        (server,) = openstack.things["servers"]
        assert server["networks"] == [{"uuid": "id-club"}]
        (disk,) = server["block_device_mapping_v2"]
        assert (disk["source_type"], disk["uuid"]) == ("volume", volume["id"])

    def test_what_a_failed_proof_left_is_removed_by_the_next(
        self, world: World, router: Guest, openstack: FakeOpenStack
    ):
        router.answers["ping"] = Result(1, "", "connect: Network is unreachable", 0.1)
        with pytest.raises(DeployError, match=r"10\.0\.40\.2 answers a ping") as caught:
            prove(world, router)
        assert "connect: Network is unreachable" in caught.value.why
        assert "console log show proof" in caught.value.next_step
        assert not is_proven(world)
        router.answers.clear()
        prove(world, router)
        assert openstack.things["servers"] == []

    def test_others_machines_and_volumes_stay(
        self, world: World, router: Guest, openstack: FakeOpenStack
    ):
        own = {"id": "own", "name": "proof", "status": "ACTIVE", "metadata": {}}
        openstack.things["servers"] = [dict(own)]
        openstack.things["volumes"] = [dict(own)]
        prove(world, router)
        assert openstack.things["servers"] == openstack.things["volumes"] == [own]

    @pytest.mark.parametrize("trouble", ["fails", "forgets"])
    @pytest.mark.parametrize(
        "request_",
        [
            "GET 8774/v2.1/servers/detail",
            "DELETE 9696/v2.0/floatingips/",
            "DELETE 8774/v2.1/servers/id-proof",
            "GET 8776/v3/id-club/volumes/detail",
            "DELETE 8776/v3/id-club/volumes/id-proof",
        ],
    )
    def test_it_is_gone_even_where_a_service_stumbles_over_its_removal(
        self, world: World, router: Guest, openstack: FakeOpenStack, trouble: str, request_: str
    ):
        getattr(openstack, trouble)[request_] = [500]
        prove(world, router)
        assert not openstack.fails.get(request_) and not openstack.forgets.get(request_)
        for left in ("servers", "volumes", "floatingips"):
            assert openstack.things[left] == []

    def test_a_removal_that_is_refused_for_now_is_asked_for_again(
        self, world: World, router: Guest, openstack: FakeOpenStack
    ):
        openstack.fails["DELETE 8776/v3/id-club/volumes/id-proof"] = [400]  # still attached
        prove(world, router)
        assert openstack.things["volumes"] == []

    @pytest.mark.parametrize("trouble", ["fails", "forgets"])
    @pytest.mark.parametrize(
        "request_",
        [
            "POST 8776/v3/id-club/volumes",
            "GET 8776/v3/id-club/volumes/id-proof",
            "POST 8774/v2.1/servers",
            "GET 8774/v2.1/servers/id-proof",
            "POST 9696/v2.0/floatingips",
        ],
    )
    def test_a_service_that_stumbles_once_is_asked_again_and_nothing_is_made_twice(
        self, world: World, router: Guest, openstack: FakeOpenStack, trouble: str, request_: str
    ):
        getattr(openstack, trouble)[request_] = [503]
        router.answers["ping"] = Result(1, "", "unreachable", 0.1)  # so that all of it stays
        with pytest.raises(DeployError, match="answers a ping"):
            prove(world, router)
        assert not openstack.fails.get(request_) and not openstack.forgets.get(request_)
        for made in ("servers", "volumes", "floatingips"):
            assert len(openstack.things[made]) == 1

    def test_an_instance_that_fails_is_not_waited_for(
        self, world: World, router: Guest, openstack: FakeOpenStack
    ):
        openstack.becomes = "ERROR"
        with pytest.raises(DeployError, match="no instance could be used in it") as caught:
            prove(world, router)
        assert "the instance failed" in caught.value.why


def test_logins_show_no_password():
    assert SECRETS[TENANT] not in repr(login.member(SECRETS))
