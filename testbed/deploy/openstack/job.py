"""What the steps of a deployment need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from testbed.deploy.openstack.site import Site
from testbed.deploy.step import Guests, Step, Timing, take
from testbed.plan.cloud import CloudNode


@dataclass(frozen=True, slots=True)
class Job:
    """A deployment under way; `width` is how many services may start at once."""

    guests: Guests
    sites: Mapping[str, Site]  # by machine
    timing: Timing
    width: int

    @property
    def nodes(self) -> tuple[CloudNode, ...]:
        """Every node of the cloud."""
        return next(iter(self.sites.values())).cloud.nodes

    @property
    def controllers(self) -> tuple[CloudNode, ...]:
        """The nodes of the control plane."""
        return tuple(node for node in self.nodes if node.control)

    @property
    def alone(self) -> bool:
        """Whether the control plane is one node."""
        return len(self.controllers) == 1

    def site(self, machine: str) -> Site:
        """Return a node's site."""
        return self.sites[machine]

    def take(self, *steps: Step) -> None:
        """Take the steps one by one, timed."""
        self.take_all(steps)

    def take_all(self, steps: Iterable[Step]) -> None:
        """Take the steps one by one, timed."""
        for step in steps:
            with self.timing(step.machine, step.name):
                take(self.guests, step)
