"""The cloud stage: OpenStack in the nodes, from the packages of their image."""

from contextlib import AbstractContextManager

from testbed.apply import secret_store, tenancy
from testbed.apply.folders import Folders
from testbed.apply.progress import Recorder, Stage
from testbed.apply.session import Session
from testbed.deploy.openstack import provider
from testbed.deploy.openstack.provider import Wanted
from testbed.deploy.openstack.secrets import Secrets, new_secrets
from testbed.deploy.step import Guests
from testbed.errors import StateError
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan
from testbed.plan.storage import Storage


def raise_cloud(
    folders: Folders,
    plan: Plan,
    session: Session,
    recorder: Recorder,
    *,
    cpus: int,
) -> bool:
    """Make the cloud, or what is missing of it, with a tenant's world in it.

    Returns once every API answers at its address: whether an instance was reached now, which is
    done in each cloud once. `cpus` is how many processors the host has for its services to start
    on.
    """
    cloud, storage = _wanted(plan)

    def timing(machine: str, step: str) -> AbstractContextManager[None]:
        return recorder.step(machine, Stage.CLOUD, part=step)

    own, guests = secrets(folders, plan.name), guests_of(cloud, storage, session)
    provider.deploy(Wanted(cloud, storage, own, cpus), guests, timing)
    seen = tenancy.settle_tenant(plan, cloud, own, guests, session, timing)
    if seen:
        recorder.note(Stage.CLOUD, seen)
    return bool(seen)


def _wanted(plan: Plan) -> tuple[Cloud, Storage]:
    if plan.cloud is None or plan.storage is None:
        raise StateError(
            f"testbed '{plan.name}' has no OpenStack",
            why="its topology has no 'cloud' section",
            next_step="add 'cloud: {provider: packages}' to a file of yours",
        )
    return plan.cloud, plan.storage


def guests_of(cloud: Cloud, storage: Storage, session: Session) -> Guests:
    """Return the doors into the nodes of the cloud, and into those that know Ceph's users."""
    names = dict.fromkeys(
        (*(node.machine for node in cloud.nodes), *(node.machine for node in storage.monitors))
    )
    return {name: session.guests[name] for name in names}


def secrets(folders: Folders, testbed: str) -> Secrets:
    """Return OpenStack's secrets, made once per testbed and kept with its keys."""
    return secret_store.make(folders, testbed, "cloud", new_secrets())
