"""Who may log in, and where: the administrator, and the user of the tenant's world."""

from testbed.deploy.openstack.secrets import ADMIN, TENANT, Secrets
from testbed.deploy.openstack.site import KEYSTONE
from testbed.plan.cloud import Cloud
from testbed.probe.cloud.ask import Login

PROJECT, USER = "club", "member"
CREDENTIAL = "testbed"  # the application credential's name


def keystone(cloud: Cloud) -> str:
    """Return the address that tokens come from."""
    return f"http://{cloud.vip}:{KEYSTONE}/v3"


def admin(secrets: Secrets) -> Login:
    """Return who may do everything."""
    return Login(ADMIN, secrets[ADMIN], "admin")


def member(secrets: Secrets) -> Login:
    """Return the tenant's user."""
    return Login(USER, secrets[TENANT], PROJECT)
