"""The proof that all of it works together: an instance that starts from Ceph and is reached.

Its volume is a clone in Ceph, its network is the tenant's own behind a router, and whoever calls
it stands on the provider VLAN, beyond bond, switches and the testbed's router. It is gone again
afterwards; where the proof fails it stays, to be looked at, until the next one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from testbed.deploy.openstack import login
from testbed.deploy.openstack.asking import BUSY, find, patient, patiently, step
from testbed.deploy.openstack.files import DIGEST
from testbed.deploy.openstack.tenant import NETWORK_NAME, OUTSIDE, TINY, World
from testbed.deploy.step import Step, take
from testbed.errors import DeployError
from testbed.guest import Command, TalkingGuest
from testbed.probe.cloud.ask import COMPUTE, IMAGE, NETWORK, VOLUME, Api, refusal
from testbed.probe.cloud.http import call
from testbed.wait import Seen, wait_until

NAME = "proof"
_MARK = "testbed"  # metadata that says so: the tenant may have a 'proof' of his own
# Seconds; an instance emulated in an emulated node has taken 14 minutes to boot.
_MADE, _ACTIVE, _REACHED, _GONE = 900.0, 1200.0, 1800.0, 600.0
_EVERY = 3.0
_DELETING = "deleting"
_PROVEN = "/etc/testbed/proven"  # holds what DIGEST holds: another configuration is proven anew
_VOLUME_GIB = 1
_PAGE = 20.0  # seconds
_VOLUME = f"look at it: testbed openstack volume show {NAME}"
_SERVER = f"look at it: testbed openstack server show {NAME}"
_CONSOLE = f"read: testbed openstack console log show {NAME}"


def is_proven(world: World) -> bool:
    """Return whether this cloud, as it is configured, was proven before."""
    command = Command(("cmp", "--silent", DIGEST, _PROVEN), sudo=True)
    return world.guests[world.machine].run(command).ok


def was_proven(world: World) -> bool:
    """Return whether this cloud was ever proven, as it was configured then."""
    command = Command(("test", "-e", _PROVEN), sudo=True)
    return world.guests[world.machine].run(command).ok


def prove(world: World, outsider: TalkingGuest) -> str:
    """Start an instance, reach it from a machine on the provider VLAN, and remove it again.

    Returns what was seen. Raises `DeployError` where anything of it fails.
    """
    proof = _Proof(world, patiently(lambda: world.log_in(login.member(world.secrets))), outsider)
    with step(world.timing, world.machine, "proof: clean"):
        proof.remove()
    with step(world.timing, world.machine, "proof: volume"):
        volume = proof.make_volume()
    with step(world.timing, world.machine, "proof: instance"):
        server = proof.start(volume)
    with step(world.timing, world.machine, "proof: reached"):
        seen = proof.reach(server)
    with step(world.timing, world.machine, "proof: removed"):
        proof.remove()
    mark = Command(("install", "-D", "--mode=644", DIGEST, _PROVEN), sudo=True)
    take(world.guests, Step("proof: noted", world.machine, mark))
    return seen


@dataclass(frozen=True, slots=True)
class _Proof:
    """The tenant's user, who has an instance started, and the machine that is to reach it."""

    world: World
    api: Api
    outsider: TalkingGuest

    def make_volume(self) -> str:
        """Make a volume of the tiny image; return its id once it can be started from."""
        made = patiently(self._volume)

        def look() -> Seen:
            return _usable(self.api.get(VOLUME, f"{self._volumes}/{made}")["volume"])

        self._wait("a volume of the tiny image", look, _MADE, _VOLUME)
        return made

    def _volume(self) -> str:
        """Return the id of the volume, which is asked for unless it was and nobody said so."""
        if asked_for := self._own_volumes():
            return str(asked_for[0]["id"])
        image = self._must_find("image", IMAGE, "/v2/images", TINY)
        values = {
            "name": NAME,
            "size": _VOLUME_GIB,
            "imageRef": image["id"],
            "metadata": {_MARK: NAME},
        }
        made = self.api.must("POST", VOLUME, self._volumes, {"volume": values})
        return str(made["volume"]["id"])

    def start(self, volume: str) -> str:
        """Start an instance from the volume; return its id once it runs."""
        made = patiently(lambda: self._instance(volume))
        self._wait("an instance that runs", lambda: _runs(self._server(made)), _ACTIVE, _SERVER)
        return made

    def _instance(self, volume: str) -> str:
        """Return the id of the instance, asked for likewise."""
        if asked_for := self._servers():
            return str(asked_for[0]["id"])
        flavor = self._must_find("flavor", COMPUTE, "/flavors/detail", TINY)
        network = self._must_find("network", NETWORK, "/v2.0/networks", NETWORK_NAME)
        body = {"server": _server(volume, flavor["id"], network["id"])}
        return str(self.api.must("POST", COMPUTE, "/servers", body)["server"]["id"])

    def reach(self, server: str) -> str:
        """Give the instance an address outside; return what was seen once it answers there."""
        address = patiently(lambda: self._address(server))
        ping = Command(("ping", "-c", "1", "-W", "2", address))
        pinged, page = partial(_pinged, self.outsider, ping), partial(_page, self.outsider, address)
        self._wait(f"{address} answers a ping", pinged, _REACHED, _CONSOLE)
        self._wait(f"{address} has its page", page, _REACHED, _CONSOLE)
        return (
            f"an instance from a volume in Ceph answered {self.outsider.name} at {address} "
            "and showed its page"
        )

    def remove(self) -> None:
        """Remove what a proof makes, finished or not."""
        self._wait("the instance is gone", self._remove_servers, _GONE, _SERVER)
        self._wait("its volume is gone", self._remove_volumes, _GONE, _VOLUME)

    def _remove_servers(self) -> Seen:
        servers = self._servers()
        for server in servers:
            if server.get("OS-EXT-STS:task_state") != _DELETING:
                for each in self._floating(server["id"]):
                    self._delete(NETWORK, f"/v2.0/floatingips/{each['id']}")
                self._delete(COMPUTE, f"/servers/{server['id']}")
        return _none_of(servers)

    def _remove_volumes(self) -> Seen:
        volumes = self._own_volumes()
        for volume in volumes:
            if volume["status"] != _DELETING:
                self._delete(VOLUME, f"{self._volumes}/{volume['id']}")
        return _none_of(volumes)

    @property
    def _volumes(self) -> str:
        return f"/{self.api.project}/volumes"

    def _own_volumes(self) -> list[Any]:
        told = self.api.get(VOLUME, f"{self._volumes}/detail?name={NAME}")
        return [each for each in told["volumes"] if _is_ours(each)]

    def _servers(self) -> list[Any]:
        told = self.api.get(COMPUTE, f"/servers/detail?name=%5E{NAME}%24")
        return [each for each in told["servers"] if _is_ours(each)]

    def _server(self, server: str) -> Any:
        return self.api.get(COMPUTE, f"/servers/{server}")["server"]

    def _ports(self, server: str) -> list[Any]:
        return list(self.api.get(NETWORK, f"/v2.0/ports?device_id={server}")["ports"])

    def _floating(self, server: str) -> Iterator[Any]:
        for port in self._ports(server):
            told = self.api.get(NETWORK, f"/v2.0/floatingips?port_id={port['id']}")
            yield from told["floatingips"]

    def _address(self, server: str) -> str:
        """Return the instance's address outside, asked for likewise."""
        for given in self._floating(server):
            return str(given["floating_ip_address"])
        outside = self._must_find("network", NETWORK, "/v2.0/networks", OUTSIDE)
        port = self._ports(server)[0]["id"]
        wanted = {"floatingip": {"floating_network_id": outside["id"], "port_id": port}}
        made = self.api.must("POST", NETWORK, "/v2.0/floatingips", wanted)
        return str(made["floatingip"]["floating_ip_address"])

    def _must_find(self, noun: str, service: str, path: str, name: str) -> Any:
        found = find(self.api, service, path, name=name)
        if found is None:
            hint = f"see what is there: testbed openstack {noun} list"
            raise _not_as_wanted(f"the tenant sees no {noun} '{name}'", hint)
        return found

    def _delete(self, service: str, path: str) -> None:
        """Ask for a removal; one that is refused, for now or since it is done, the next look tells.

        Raises `CloudRefused` where the service itself has trouble.
        """
        done = self.api.ask("DELETE", service, path)
        if done.status >= BUSY:
            raise refusal(f"DELETE {service} {path}", done)

    def _wait(self, goal: str, look: Callable[[], Seen], timeout: float, hint: str) -> None:
        wait_until(goal, lambda: patient(look), timeout=timeout, every=_EVERY, next_step=hint)


def _server(volume: str, flavor: str, network: str) -> dict[str, Any]:
    disk = {
        "boot_index": 0,
        "source_type": "volume",
        "destination_type": "volume",
        "uuid": volume,
        "delete_on_termination": False,
    }
    return {
        "name": NAME,
        "flavorRef": flavor,
        "networks": [{"uuid": network}],
        "block_device_mapping_v2": [disk],
        "metadata": {_MARK: NAME},
    }


def _is_ours(thing: Any) -> bool:
    return bool(thing["metadata"].get(_MARK) == NAME)


def _none_of(things: list[Any]) -> Seen:
    return Seen(not things, ", ".join(f"still {each['status']}" for each in things) or "gone")


def _usable(volume: Any) -> Seen:
    """Return whether an instance can start from a volume; raises where it never will."""
    if volume["status"] == "error":
        raise _not_as_wanted("cinder could not make a volume of the tiny image", _VOLUME)
    ready = volume["status"] == "available" and volume["bootable"] == "true"
    return Seen(ready, f"it is {volume['status']}")


def _runs(server: Any) -> Seen:
    """Return whether a server runs; raises `DeployError` where it never will."""
    if server["status"] == "ERROR":
        fault = server.get("fault", {}).get("message", "nova does not say why")
        raise _not_as_wanted(f"the instance failed: {fault}", _SERVER)
    return Seen(server["status"] == "ACTIVE", f"it is in {server['status']}")


def _not_as_wanted(what: str, next_step: str) -> DeployError:
    return DeployError(
        "OpenStack is deployed, and no instance could be used in it",
        why=what,
        next_step=next_step,
    )


def _pinged(outsider: TalkingGuest, ping: Command) -> Seen:
    result = outsider.run(ping)
    return Seen(result.ok, f"{outsider.name}: {result.last_line}")


def _page(outsider: TalkingGuest, address: str) -> Seen:
    told = call(outsider, "GET", f"http://{address}/", timeout=_PAGE)
    text = told.body.decode(errors="replace").strip()
    return Seen(told.status == 200 and text == NAME, f"{told.status}: {text[:80]}")
