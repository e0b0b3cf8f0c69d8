"""OpenStack's own clients on the host: what they log in with, and the way to the APIs."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import yaml

from testbed.apply import access, secret_store, tunnel
from testbed.apply.folders import Folders, write_private
from testbed.apply.observe import Testbed
from testbed.deploy.openstack import login
from testbed.deploy.openstack.secrets import TENANT, TENANT_KEY, Secrets
from testbed.deploy.openstack.site import HTTP, KEYSTONE
from testbed.errors import CannotWrite, HostError, StateError
from testbed.plan.cloud import Cloud
from testbed.probe.cloud.ask import DOMAIN, Login
from testbed.run import attach
from testbed.topology.models import CloudProvider

_CLIENT = {"openstackclient": "python-openstackclient", "socks": "PySocks"}  # by module
_FIRST_LINE = "# written by testbed"
_TENANT_CLOUD, _ADMIN_CLOUD = "testbed", "testbed-admin"


def cloud_of(testbed: Testbed) -> Cloud:
    """Return a testbed's cloud; raises `StateError` where it has none that we deploy."""
    cloud = testbed.plan.cloud
    if cloud is None or cloud.provider is not CloudProvider.PACKAGES:
        raise StateError(
            f"testbed '{testbed.plan.name}' has no OpenStack of ours",
            why="its topology has no 'cloud' section with 'provider: packages'",
            next_step="raise one that has: testbed up aolda-cloud",
        )
    return cloud


def secrets_of(folders: Folders, testbed: Testbed) -> Secrets:
    """Return OpenStack's secrets; raises `StateError` where it was not deployed yet."""
    try:
        return secret_store.read(folders, testbed.plan.name, "cloud")
    except (OSError, ValueError) as error:
        raise StateError(
            f"OpenStack is not deployed on testbed '{testbed.plan.name}'",
            why=f"there are no passwords of it: {error}",
            next_step=f"run: testbed up --name {testbed.plan.name}",
        ) from error


def reachable(testbed: Testbed) -> tuple[str, ...]:
    """Return the nodes of the cloud that run, the control plane first."""
    nodes = sorted(cloud_of(testbed).nodes, key=lambda node: not node.control)
    machines = testbed.machines
    running = {name for name, machine in machines.items() if machine.state == "running"}
    return tuple(node.machine for node in nodes if node.machine in running)


def must_have_client() -> None:
    """Raise `HostError` where OpenStack's command line is not installed."""
    missing = [package for module, package in _CLIENT.items() if find_spec(module) is None]
    if missing:
        raise HostError(
            "OpenStack's command line is not installed",
            why=f"this Python has no {' and no '.join(missing)}",
            next_step=f"run: {sys.executable} -m pip install 'testbed[openstack]'",
        )


def run(folders: Folders, testbed: Testbed, words: tuple[str, ...], *, admin: bool) -> int:
    """Run OpenStack's command line in our terminal; return its exit status.

    Raises `HostError` where it is not installed, `StateError` where OpenStack is out of reach.
    """
    cloud, own = cloud_of(testbed), secrets_of(folders, testbed)
    must_have_client()
    config = access.write_ssh_config(folders, testbed.plan)
    near, far = tunnel.free(testbed.plan.loopback), (str(cloud.vip), KEYSTONE)
    with tunnel.proxy(config, reachable(testbed), near, far):
        env = {**without_openstack(os.environ), **variables(cloud, own, admin=admin)}
        # Modules that lie in the current folder are not taken for its own.
        program = (sys.executable, "-P", "-m", "openstackclient.shell")
        return attach((*program, *words), env={**env, "http_proxy": proxy_url(near)})


def proxy_url(near: tunnel.Near) -> str:
    """Return a proxy's address as Python's HTTP clients want it; the far end looks names up."""
    return f"socks5h://{near}"


def without_openstack(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what names another cloud or another way to it."""
    return {
        name: value
        for name, value in env.items()
        if not name.startswith("OS_") and not name.lower().endswith("_proxy")
    }


def variables(cloud: Cloud, secrets: Secrets, *, admin: bool) -> dict[str, str]:
    """Return what OpenStack's clients log in with, as variables of their environment.

    They read no clouds.yaml then, wherever one lies.
    """
    auth = _auth(cloud, secrets, admin=admin)
    own = {f"OS_{name.upper()}": value for name, value in auth.items()}
    common = {
        "OS_CLIENT_CONFIG_FILE": os.devnull,
        "OS_CLIENT_SECURE_FILE": os.devnull,
        "OS_REGION_NAME": cloud.region,
        "OS_IDENTITY_API_VERSION": "3",
    }
    return {**common, "OS_AUTH_TYPE": _auth_type(admin=admin), **own}


def _auth_type(*, admin: bool) -> str:
    return "password" if admin else "v3applicationcredential"


def _auth(cloud: Cloud, secrets: Secrets, *, admin: bool) -> dict[str, str]:
    url = {"auth_url": login.keystone(cloud)}
    if admin:
        who = login.admin(secrets)
        return {
            **url,
            "username": who.user,
            "password": who.password,
            "user_domain_name": DOMAIN,
            "project_name": who.project,
            "project_domain_name": DOMAIN,
        }
    return {
        **url,
        "application_credential_name": login.CREDENTIAL,
        "application_credential_secret": secrets[TENANT_KEY],
        "username": login.USER,
        "user_domain_name": DOMAIN,
    }


def clouds_yaml(cloud: Cloud, secrets: Secrets, near: tunnel.Near) -> str:
    """Return a clouds.yaml with the tenant's user and the administrator."""
    clouds = {
        name: {
            "auth_type": _auth_type(admin=admin),
            "auth": _auth(cloud, secrets, admin=admin),
            "region_name": cloud.region,
            "identity_api_version": 3,
        }
        for name, admin in ((_TENANT_CLOUD, False), (_ADMIN_CLOUD, True))
    }
    head = f"{_FIRST_LINE}; of use while `testbed open proxy` runs, and with this variable:\n"
    return f"{head}#   export http_proxy={proxy_url(near)}\n" + yaml.safe_dump(
        {"clouds": clouds}, sort_keys=False
    )


def write_clouds_yaml(path: Path, text: str) -> None:
    """Write a clouds.yaml that only its owner can read; one that is not ours is left alone.

    Raises `CannotWrite`.
    """
    try:
        if path.exists() and not path.read_bytes().startswith(_FIRST_LINE.encode()):
            raise CannotWrite(
                f"{path} was not written",
                why="it is there, and testbed did not write it",
                next_step="choose another file",
            )
        write_private(path, text)
    except OSError as error:
        raise CannotWrite(
            f"{path} was not written", why=str(error), next_step="choose another file"
        ) from error


def dashboard(cloud: Cloud) -> tuple[str, int]:
    """Return where horizon answers."""
    return str(cloud.vip), HTTP


def apis(cloud: Cloud) -> tuple[str, int]:
    """Return the API that tells where all others are."""
    return str(cloud.vip), KEYSTONE


def dashboard_login(secrets: Secrets, *, admin: bool) -> Login:
    """Return who logs in at the dashboard, which takes passwords only."""
    return login.admin(secrets) if admin else Login(login.USER, secrets[TENANT], login.PROJECT)
