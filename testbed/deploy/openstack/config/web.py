"""How APIs are served: each by one uwsgi process on the node's own address."""

from collections.abc import Iterator
from dataclasses import dataclass

from testbed.deploy.files import File
from testbed.deploy.openstack.config.oslo import ini
from testbed.deploy.openstack.site import CINDER, KEYSTONE, NEUTRON, NOVA, PLACEMENT, Site


@dataclass(frozen=True, slots=True)
class Api:
    """An API that uwsgi serves: its unit, its port and the program that makes the application.

    `threads` is how many requests it works on at once.
    """

    unit: str
    user: str
    port: int
    program: str
    threads: int = 4

    @property
    def ini_path(self) -> str:
        """Where its uwsgi is configured."""
        return f"/etc/{self.user}/{self.unit}-uwsgi.ini"


APIS = (
    Api("keystone", "keystone", KEYSTONE, "/usr/bin/keystone-wsgi-public"),
    Api("placement-api", "placement", PLACEMENT, "/usr/bin/placement-api"),
    # Nova makes greenlets of its threads, and those of two real threads lock each other up.
    Api("nova-api", "nova", NOVA, "/usr/bin/nova-api-wsgi", threads=1),
    Api("neutron-api", "neutron", NEUTRON, "/usr/bin/neutron-api"),
    Api("cinder-api", "cinder", CINDER, "/usr/bin/cinder-wsgi"),
)


def files(site: Site) -> Iterator[File]:
    """Yield uwsgi's file for each API."""
    for api in APIS:
        yield File(api.ini_path, _uwsgi(site, api))


def _uwsgi(site: Site, api: Api) -> str:
    """Return Debian's settings, but one process, and on one address.

    Debian's own number of processes, 8 to 16 for each API, would take more memory than a node has.
    """
    settings: dict[str, object] = {
        "http-socket": f"{site.node.address}:{api.port}",
        "plugins": "python3",
        "wsgi-file": api.program,
        "name": api.unit,
        # Python looks for plug-ins here, too, and anew in all packages once the folder has changed.
        "chdir": "/usr/libexec/testbed",
        "master": True,
        "need-app": True,
        "lazy-apps": True,
        "processes": 1,
        "threads": api.threads,
        "enable-threads": True,
        "listen": 100,
        "buffer-size": 65535,
        "socket-timeout": 120,
        "rem-header": "Content-Length",
        "add-header": "Connection: close",
        "wsgi-manage-chunked-input": True,
        "die-on-term": True,
        "close-on-exec": True,
        "disable-logging": True,  # haproxy and the services themselves say what was asked
    }
    if api.unit == "neutron-api":
        settings["start-time"] = "%t"  # by it OVN's driver tells this start from the one before
    return ini({"uwsgi": settings})
