"""An instance that is to outlive what happens to its cloud, and what happens to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tenant import NODES, Tenant

from testbed.wait import Seen, wait_until

if TYPE_CHECKING:
    from conftest import Cli

NAME = "survivor"
_CHECKPOINT = "instance"
_WHOLE = 1800.0  # seconds; two emulating cores start everything anew
_UP = 5400.0
_NOTICED, _ELSEWHERE = 900.0, 1800.0


@dataclass(frozen=True)
class Survivor:
    """The instance in a cloud that is otherwise as its stage left it, and the way back there."""

    cli: "Cli"
    testbed: str
    topology: str
    address: str

    @classmethod
    def start(cls, cli: "Cli", testbed: str, topology: str, folder: Path) -> Self:
        """Start it on another node than the first, which alone may have the control plane."""
        cli.must("checkpoint", "restore", "cloud", "--name", testbed)
        tenant = Tenant(cli, testbed)
        with tenant.without_new_ones_on(NODES[0]):
            address = tenant.start(NAME, folder)
        assert tenant.boots(address) == 1
        cli.must("checkpoint", "save", _CHECKPOINT, "--name", testbed)
        return cls(cli, testbed, topology, address)

    @property
    def tenant(self) -> Tenant:
        """Whose it is."""
        return Tenant(self.cli, self.testbed)

    def boots(self) -> int:
        """Return how often it was booted, once it answers."""
        return self.tenant.boots(self.address)

    def restore(self) -> None:
        """Go back to where it was started once; tell how long that took."""
        print(self.cli.must("checkpoint", "restore", _CHECKPOINT, "--name", self.testbed).strip())

    def wait_until_whole(self) -> None:
        """Return once nothing is wrong with its cloud."""
        goal = "OpenStack whole again"
        wait_until(goal, lambda: self.cli.sound(self.testbed), timeout=_WHOLE, every=10.0)

    def up(self) -> None:
        """Have `up` mend what is wrong, and wait until nothing is."""
        self.cli.must("up", self.topology, "--name", self.testbed, timeout=_UP)
        self.wait_until_whole()

    def must_go_on_elsewhere(self) -> None:
        """Lose its node, have the administrator evacuate it, and find its data with it."""
        lost, before = self.tenant.host_of(NAME), self.boots()
        self.cli.must("power", "off", lost, "--name", self.testbed)
        wait_until("nova knowing it", lambda: self._is_down(lost), timeout=_NOTICED, every=10.0)
        server = self.tenant.ask("server", "show", NAME)["id"]
        self.tenant.do("server", "evacuate", server, admin=True)
        wait_until("another host", lambda: self._has_left(lost), timeout=_ELSEWHERE, every=10.0)
        self.tenant.do("server", "start", NAME)  # nova leaves that to its owner since Zed
        assert self.boots() == before + 1
        self.cli.must("power", "on", lost, "--name", self.testbed)
        self.up()

    def must_come_back_with_all_nodes(self) -> None:
        """Take the power of all nodes at once, have `up` raise them, and find it running again."""
        before = self.boots()
        cords = [self.cli.start("power", "off", node, "--name", self.testbed) for node in NODES]
        assert [cord.wait(60) for cord in cords] == [0, 0, 0]
        self.up()
        assert self.boots() == before + 1

    def must_run_after_every_restore(self, times: int) -> None:
        """Restore it so many times in a row; it runs on each time, and its cloud answers."""
        for _ in range(times):
            self.restore()
            assert self.boots() == 1
            self.tenant.do("token", "issue")

    def _is_down(self, node: str) -> Seen:
        services = ("compute", "service", "list", "--service", "nova-compute")
        told = self.tenant.ask(*services, admin=True)
        state = next(each["State"] for each in told if each["Host"] == node)
        return Seen(state == "down", state)

    def _has_left(self, node: str) -> Seen:
        told = self.tenant.seen_by_admin(NAME)
        host, task = told["OS-EXT-SRV-ATTR:host"], told["OS-EXT-STS:task_state"]
        return Seen(host != node and task is None, f"{task} on {host}")
