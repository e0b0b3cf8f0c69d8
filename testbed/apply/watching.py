"""The look at OpenStack that is remembered, and what holds of it."""

from collections.abc import Mapping
from contextlib import suppress

from testbed.apply import secret_store
from testbed.apply.folders import Folders
from testbed.apply.having import may_be_in
from testbed.apply.session import Session
from testbed.deploy.openstack import login, node
from testbed.deploy.openstack.config import dashboard, frontend
from testbed.deploy.openstack.files import DIGEST, PLACED
from testbed.deploy.openstack.site import HTTP
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan
from testbed.probe.cloud.look import Wanted, look
from testbed.probe.cloud.seen import CloudSeen
from testbed.probe.cloud.verdicts import FIREWALL, INSTANCES, PROVIDER, SWITCHED_OFF, wrong
from testbed.topology.models import CloudProvider
from testbed.wait import Seen, wait_until

# Seconds until all have reported: after a restore, and after services were started anew.
RESTORED, STARTED = 600.0, 1800.0
_EVERY = 5.0
_NOT_BY_TIME = (INSTANCES, PROVIDER, FIREWALL, SWITCHED_OFF)


def look_where_deployed(folders: Folders, plan: Plan, session: Session) -> CloudSeen | None:
    """Return what is seen of OpenStack now, or None where its deployment has not ended yet.

    Controllers that are silent, all of them, are told by the look.
    """
    return _look_where(DIGEST, folders, plan, session)


def look_where_begun(folders: Folders, plan: Plan, session: Session) -> CloudSeen | None:
    """Return likewise what is seen, also of a deployment that has not ended.

    What became of one that failed is what its user wants to know.
    """
    return _look_where(PLACED, folders, plan, session)


def _look_where(there: str, folders: Folders, plan: Plan, session: Session) -> CloudSeen | None:
    cloud = plan.cloud
    secrets = _secrets(folders, plan.name)
    if cloud is None or cloud.provider is not CloudProvider.PACKAGES or not secrets:
        return None
    guests = {each.machine: session.guests[each.machine] for each in cloud.nodes}
    if not may_be_in({each.machine: guests[each.machine] for each in cloud.controllers}, there):
        return None
    wanted = Wanted(
        cloud=cloud,
        units={each.machine: node.units(each) for each in cloud.nodes},
        endpoints=endpoints(cloud),
        keystone=login.keystone(cloud),
        admin=login.admin(secrets),
    )
    return look(wanted, guests)


def wait_where_deployed(
    folders: Folders, plan: Plan, session: Session, *, timeout: float = RESTORED
) -> CloudSeen | None:
    """Return what is seen of OpenStack once nothing is wrong with it, or None as a look.

    After a restore or a power cut nobody is given work until he has reported anew: none seems
    alive till then. What no waiting mends is not waited for: what state instances are in, and what
    is switched off, is their owners' business, switch and firewall are `up`'s, which has mended
    them before it waits.
    """
    seen: CloudSeen | None = None

    def see() -> Seen:
        nonlocal seen
        seen = look_where_deployed(folders, plan, session)
        told = wrong(plan.cloud, seen, but=_NOT_BY_TIME) if plan.cloud and seen else ()
        return Seen(not told, "; ".join(told))

    wait_until(
        "OpenStack whole",
        see,
        timeout=timeout,
        every=_EVERY,
        next_step="see all of it: testbed status --check",
    )
    return seen


def endpoints(cloud: Cloud) -> Mapping[str, str]:
    """Return where each API answers, and the dashboard itself: not the web server before it."""
    page = f"http://{cloud.vip}:{HTTP}{dashboard.PATH}"
    return {**frontend.endpoints(cloud), frontend.DASHBOARD: page}


def _secrets(folders: Folders, testbed: str) -> Mapping[str, str]:
    with suppress(OSError, ValueError):
        return secret_store.read(folders, testbed, "cloud")
    return {}
