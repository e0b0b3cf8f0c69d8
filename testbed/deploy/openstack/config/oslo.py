"""What every service of OpenStack is configured with: its file's form, log-ins and timers.

Timers are for emulated machines: those answer late when the host is busy, and are no less well.
"""

from collections.abc import Mapping

from testbed.deploy.ceph.files import conf_text
from testbed.deploy.openstack.site import KEYSTONE, MEMCACHE, Site

Section = Mapping[str, object]

RPC_TIMEOUT = 240  # seconds
REPORT_INTERVAL, DOWN_TIME = 30, 180  # seconds between signs of life, and until one counts as dead
STORAGE_INTERVAL = 600  # seconds between looks at what Ceph has left; nova starts a Python for it
_POOL = 3  # connections a process keeps: a service here is one process
_DOMAIN = "Default"


def ini(sections: Mapping[str, Section]) -> str:
    """Return the text of an ini file as oslo.config reads it."""
    return conf_text(
        {name: {key: _value(v) for key, v in part.items()} for name, part in sections.items()}
    )


def _value(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else value


def database(site: Site, user: str, schema: str) -> Section:
    """Return where a service keeps its data."""
    return {"connection": site.database(user, schema), "max_pool_size": _POOL}


def login(site: Site, user: str) -> Section:
    """Return how a service logs in when it calls another."""
    return {
        "auth_type": "password",
        "auth_url": site.url(KEYSTONE, "/v3"),
        "project_domain_name": _DOMAIN,
        "user_domain_name": _DOMAIN,
        "project_name": "service",
        "username": user,
        "password": site.secrets[user],
    }


def calling(site: Site, user: str) -> Section:
    """Return how a service finds another and logs in there."""
    return {**login(site, user), "region_name": site.cloud.region}


def token_check(site: Site, user: str) -> Section:
    """Return how a service checks the tokens it is shown."""
    return {
        **login(site, user),
        "www_authenticate_uri": site.url(KEYSTONE, "/v3"),
        "memcached_servers": site.each_at(MEMCACHE),
        "service_token_roles": "service",
        "service_token_roles_required": True,
    }


def service_token(site: Site, user: str) -> Section:
    """Return how a service vouches for the user whose token it passes on."""
    return {"send_service_user_token": True, **login(site, user)}


def cache(site: Site) -> Section:
    """Return where keystone remembers what it has just read."""
    return {
        "enabled": True,
        "backend": "oslo_cache.memcache_pool",  # it does without a server that is gone
        "memcache_servers": site.each_at(MEMCACHE),
        "memcache_socket_timeout": 3.0,
        "memcache_dead_retry": 60,
    }


def messages() -> Mapping[str, Section]:
    """Return how a service uses the message queue, which keeps what it takes on a majority."""
    return {
        "oslo_messaging_rabbit": {
            "rabbit_quorum_queue": True,
            "rabbit_transient_quorum_queue": True,
            "heartbeat_timeout_threshold": 120,
        },
        "oslo_messaging_notifications": {"driver": "noop"},
    }
