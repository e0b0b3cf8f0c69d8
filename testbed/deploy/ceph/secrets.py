"""Keys of Ceph's own users: made once per testbed, given to the monitors when they are made.

A monitor that knows every daemon from its first moment need not be asked to make their keys.
"""

import base64
import os
import struct
import time
from collections.abc import Callable, Mapping

from testbed.plan.storage import Storage

Caps = Mapping[str, str]  # what a user may do, by the service it does it to
Secrets = Mapping[str, str]  # key by user

_AES = 1  # CEPH_CRYPTO_AES
_SECRET_BYTES = 16
ADMIN = "client.admin"
MONITORS = "mon."


def users(storage: Storage) -> Mapping[str, Caps]:
    """Return every user of the cluster with its capabilities, as Ceph's own tools give them."""
    found: dict[str, Caps] = {
        MONITORS: {"mon": "allow *"},
        ADMIN: {"mon": "allow *", "osd": "allow *", "mds": "allow *", "mgr": "allow *"},
    }
    for node in storage.monitors:
        found[f"mgr.{node.machine}"] = {
            "mon": "allow profile mgr",
            "osd": "allow *",
            "mds": "allow *",
        }
        if storage.cephfs:
            found[f"mds.{node.machine}"] = {
                "mon": "allow profile mds",
                "mgr": "allow profile mds",
                "mds": "allow *",
                "osd": "allow rwx",
            }
    for node in storage.nodes:
        if storage.rgw:
            found[rgw_user(node.machine)] = {"mon": "allow rw", "osd": "allow rwx"}
    for osd in storage.osds:
        found[f"osd.{osd.id}"] = {
            "mon": "allow profile osd",
            "mgr": "allow profile osd",
            "osd": "allow *",
        }
    return found


def rgw_user(machine: str) -> str:
    """Return the user of a machine's object gateway."""
    return f"client.rgw.{machine}"


def new_secrets(
    storage: Storage,
    *,
    now: Callable[[], float] = time.time,
    random: Callable[[int], bytes] = os.urandom,
) -> Secrets:
    """Return a new key for every user of the cluster."""
    return {user: _key(now(), random(_SECRET_BYTES)) for user in users(storage)}


def _key(created: float, secret: bytes) -> str:
    """Return a cephx key as Ceph encodes it: type, time of creation, length, secret."""
    head = struct.pack("<HIIH", _AES, int(created), 0, len(secret))
    return base64.b64encode(head + secret).decode()


def keyring(secrets: Secrets, *wanted: str, caps: Mapping[str, Caps] | None = None) -> str:
    """Return a keyring file with the keys of some users, and what they may do if `caps` says."""
    lines = []
    for user in wanted:
        lines += [f"[{user}]", f"\tkey = {secrets[user]}"]
        lines += [f'\tcaps {to} = "{may}"' for to, may in (caps or {}).get(user, {}).items()]
    return "\n".join(lines) + "\n"
