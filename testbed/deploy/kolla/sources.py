"""What an installed kolla-ansible fetches from, read from its own files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.deploy.kolla.release import RELEASE, REQUIREMENT
from testbed.errors import HostError

_DEFAULTS = "ansible/group_vars/all/common.yml"
_COLLECTIONS = ("requirements.yml", "requirements-core.yml")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where collections come from, as URLs, and the registry of images where none is set."""

    collections: tuple[str, ...]
    registry: str


def read_sources(share: Path) -> Sources:
    """Read what an installed kolla-ansible brings; raises `HostError` where its release differs."""
    try:
        defaults = yaml.safe_load((share / _DEFAULTS).read_text(encoding="utf-8"))
        wanted = [
            yaml.safe_load((share / name).read_text(encoding="utf-8")) for name in _COLLECTIONS
        ]
    except OSError as error:
        raise _unusable(f"it has no file '{error.filename}'") from error
    if defaults["openstack_release"] != RELEASE:
        raise _unusable(f"it is for OpenStack {defaults['openstack_release']}")
    urls = (url for each in wanted for url in _urls(each["collections"]))
    return Sources(tuple(dict.fromkeys(urls)), defaults["docker_registry"])


def _urls(collections: list[dict[str, Any]]) -> Iterator[str]:
    for each in collections:
        yield each["name"] if each.get("type") == "git" else each["source"]


def _unusable(why: str) -> HostError:
    return HostError(
        f"this kolla-ansible is not one for OpenStack {RELEASE}",
        why=why,
        next_step=f"run: pip install '{REQUIREMENT}'",
    )
