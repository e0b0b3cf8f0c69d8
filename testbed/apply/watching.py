"""The look at OpenStack that is remembered, and what holds of it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from testbed.apply import secrets as kept
from testbed.apply.folders import Folders
from testbed.apply.having import having
from testbed.apply.session import Session
from testbed.deploy.openstack import login
from testbed.deploy.openstack.config import frontend
from testbed.deploy.openstack.files import DIGEST
from testbed.deploy.openstack.site import HTTP
from testbed.deploy.step import Guests
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan
from testbed.probe.cloud.look import Wanted, look
from testbed.probe.cloud.seen import CloudSeen, answers
from testbed.topology.models import CloudProvider
from testbed.wait import Seen, wait_until

_REPORTS, _EVERY = 600.0, 5.0  # seconds


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


def wait_where_deployed(folders: Folders, plan: Plan, session: Session) -> CloudSeen | None:
    """Return what is seen of OpenStack once all of it answers and reports, or None as a look.

    After a restore nobody is given work until he has reported anew: none seems alive till then.
    """
    seen: CloudSeen | None = None

    def see() -> Seen:
        nonlocal seen
        seen = look_where_deployed(folders, plan, session)
        silent = ", ".join(_silent(seen)) if seen else ""
        return Seen(not silent, f"silent: {silent}")

    wait_until(
        "OpenStack's APIs and services",
        see,
        timeout=_REPORTS,
        every=_EVERY,
        next_step="see which do not run: testbed status --check",
    )
    return seen


def _silent(seen: CloudSeen) -> Iterator[str]:
    """Yield which APIs do not answer, what they could not say, and whose reports are missing."""
    yield from (name for name, told in seen.endpoints.items() if not answers(told))
    yield from seen.unasked
    for each in (*seen.services, *seen.agents):
        if each.enabled and not each.up:
            yield str(each)


def endpoints(cloud: Cloud) -> Mapping[str, str]:
    """Return where each API answers, and the dashboard."""
    return {**frontend.endpoints(cloud), frontend.DASHBOARD: f"http://{cloud.vip}:{HTTP}/"}


def _secrets(folders: Folders, testbed: str) -> Mapping[str, str]:
    with suppress(OSError, ValueError):
        return kept.read(folders, testbed, "cloud")
    return {}


def _is_deployed(cloud: Cloud, guests: Guests) -> bool:
    return bool(having({node.machine: guests[node.machine] for node in cloud.controllers}, DIGEST))
