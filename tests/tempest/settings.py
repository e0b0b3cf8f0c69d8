"""What tempest is told of the cloud it judges."""

import configparser
import io
from dataclasses import dataclass
from pathlib import Path

_INSTANCE, _REQUEST, _LOOK = 1800, 300, 5  # seconds; an emulated instance boots for minutes


@dataclass(frozen=True)
class Judged:
    """A cloud as its administrator sees it: how he logs in, and what tests make instances from."""

    auth_url: str
    username: str
    password: str
    project_name: str
    region: str
    image: str  # its id, as those below
    flavor: str
    outside: str
    computes: int


def tempest_conf(cloud: Judged, folder: Path) -> str:
    """Return tempest.conf; what tempest writes goes into the folder.

    `run_validation` is off: those tests log in to instances, each of which boots for minutes
    where it is emulated twice.
    """
    sections: dict[str, dict[str, object]] = {
        "DEFAULT": {"log_file": folder / "tempest.log"},
        "oslo_concurrency": {"lock_path": folder / "lock"},
        "auth": {
            "use_dynamic_credentials": True,
            "admin_username": cloud.username,
            "admin_password": cloud.password,
            "admin_project_name": cloud.project_name,
            "admin_domain_name": "Default",
        },
        "identity": {"uri_v3": cloud.auth_url, "auth_version": "v3", "region": cloud.region},
        "service_available": {"swift": False},
        "service-clients": {"http_timeout": _REQUEST},
        "compute": {
            "image_ref": cloud.image,
            "image_ref_alt": cloud.image,
            "flavor_ref": cloud.flavor,
            "flavor_ref_alt": cloud.flavor,
            "min_compute_nodes": cloud.computes,
            **_patience(),
        },
        "compute-feature-enabled": {"metadata_service": False},
        "image": _patience(),
        "network": {"public_network_id": cloud.outside, **_patience()},
        "validation": {"run_validation": False},
        "volume": {"storage_protocol": "ceph", "vendor_name": "Open Source", **_patience()},
        "volume-feature-enabled": {"backup": False},
    }
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(sections)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def _patience() -> dict[str, int]:
    return {"build_timeout": _INSTANCE, "build_interval": _LOOK}
