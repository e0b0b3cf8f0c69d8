"""What makes a cloud of OpenStack's services: a tenant who can work in it, and the proof."""

from testbed.apply.session import Session
from testbed.deploy.openstack.proof import is_proven, prove, was_proven
from testbed.deploy.openstack.secrets import Secrets
from testbed.deploy.openstack.tenant import World, make_world
from testbed.deploy.step import Guests, Timing
from testbed.errors import StateError
from testbed.guest import TalkingGuest
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan


def settle_tenant(
    plan: Plan, cloud: Cloud, secrets: Secrets, guests: Guests, session: Session, timing: Timing
) -> str:
    """Make the tenant's world and prove an instance in it, unless this cloud was proven before.

    From then on the world is the tenant's, who may have changed it, and so may the administrator
    his quota: one that is configured anew is proven anew, with the quota as it is. Returns what was
    seen of the instance, nothing where it was seen before.
    """
    world = World(cloud, secrets, guests, timing)
    if is_proven(world):
        return ""
    make_world(world, quota=not was_proven(world))
    return prove(world, outsider(plan, cloud, session))


def outsider(plan: Plan, cloud: Cloud, session: Session) -> TalkingGuest:
    """Return the door into the machine that is the provider VLAN's gateway.

    Raises `StateError` where no machine is.
    """
    gateway = cloud.outside.gateway if cloud.outside else None
    for machine in plan.machines:
        for interface in machine.interfaces:
            if interface.address is not None and interface.address.ip == gateway:
                return session.guests[machine.name]
    raise StateError(
        f"no machine of testbed '{plan.name}' reaches OpenStack's instances",
        why="none has an address in the provider VLAN",
        next_step="give the router one in the topology, then run: testbed validate FILE",
    )
