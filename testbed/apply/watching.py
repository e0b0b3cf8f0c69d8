"""The look at OpenStack that is remembered, and what holds of it."""

import json
from collections.abc import Mapping
from contextlib import suppress

from testbed.apply.folders import Folders
from testbed.apply.session import Session
from testbed.deploy.openstack import login
from testbed.deploy.openstack.config.frontend import APIS
from testbed.deploy.openstack.files import DIGEST
from testbed.deploy.openstack.site import HTTP
from testbed.deploy.step import Guests
from testbed.errors import GuestError
from testbed.guest import Command, TalkingGuest
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan
from testbed.probe.cloud.look import Wanted, look
from testbed.probe.cloud.seen import CloudSeen
from testbed.together import side_by_side
from testbed.topology.models import CloudProvider


def look_where_deployed(folders: Folders, plan: Plan, session: Session) -> CloudSeen | None:
    """Return what is seen of OpenStack now, or None where the nodes hold none of ours yet."""
    cloud = plan.cloud
    secrets = _secrets(folders, plan.name)
    if cloud is None or cloud.provider is not CloudProvider.PACKAGES or not secrets:
        return None
    guests = {node.machine: session.guests[node.machine] for node in cloud.nodes}
    if not _is_deployed(cloud, guests):
        return None
    wanted = Wanted(cloud, endpoints(cloud), login.keystone(cloud), login.admin(secrets))
    return look(wanted, guests)


def endpoints(cloud: Cloud) -> Mapping[str, str]:
    """Return where each API answers, and the dashboard."""
    every = {**APIS, "horizon": HTTP}
    return {name: f"http://{cloud.vip}:{port}/" for name, port in every.items()}


def _secrets(folders: Folders, testbed: str) -> Mapping[str, str]:
    path = folders.records(testbed) / "keys" / "cloud.json"
    with suppress(OSError, ValueError):
        return dict(json.loads(path.read_text()))
    return {}


def _is_deployed(cloud: Cloud, guests: Guests) -> bool:
    def has(guest: TalkingGuest) -> bool:
        with suppress(GuestError):
            return guest.run(Command(("test", "-e", DIGEST), sudo=True)).ok
        return False

    return any(side_by_side((guests[node.machine] for node in cloud.controllers), has))
