"""Passwords and keys of OpenStack: made once per testbed, and what is derived from them."""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping

import bcrypt

Secrets = Mapping[str, str]  # secret by name

DATABASE_USERS = ("keystone", "glance", "placement", "nova", "neutron", "cinder")
SERVICE_USERS = ("glance", "placement", "nova", "neutron", "cinder")  # keystone's, in 'service'
ADMIN = "admin"
RABBIT, COOKIE, DASHBOARD = "rabbit", "erlang-cookie", "dashboard"
FERNET, CREDENTIAL = "fernet", "credential"
TENANT, TENANT_KEY = "tenant", "tenant-credential"  # a user's password, and his programs' own
KEYS = ("0", "1")  # 1 signs; 0 takes over where somebody rotates them
_ROUNDS = 4  # the fewest bcrypt has: emulated, the usual twelve take seconds for each log-in
_PASSWORD_BYTES = 12
_FERNET_BYTES = 32
_BCRYPT_SALT = 16


def database(user: str) -> str:
    """Return the name of a database user's password."""
    return f"database-{user}"


def key(repository: str, number: str) -> str:
    """Return the name of a key of one of keystone's two repositories."""
    return f"{repository}-key-{number}"


def new_secrets(random: Callable[[int], bytes] = os.urandom) -> Secrets:
    """Return a new secret of every name."""
    passwords = (*map(database, DATABASE_USERS), *SERVICE_USERS, ADMIN, RABBIT, COOKIE, DASHBOARD)
    keys = (key(repository, n) for repository in (FERNET, CREDENTIAL) for n in KEYS)
    own = {name: random(_PASSWORD_BYTES).hex() for name in passwords}
    own |= {name: base64.urlsafe_b64encode(random(_FERNET_BYTES)).decode() for name in keys}
    return own | {name: random(_PASSWORD_BYTES).hex() for name in (TENANT, TENANT_KEY)}


def keystone_hash(password: str) -> str:
    """Return a password as keystone keeps it; the same for the same password."""
    salt = hashlib.sha256(f"keystone/{password}".encode()).digest()[:_BCRYPT_SALT]
    prefix = f"$2b${_ROUNDS:02}$".encode()
    return bcrypt.hashpw(password.encode(), prefix + _bcrypt_base64(salt)).decode()


def _bcrypt_base64(data: bytes) -> bytes:
    """Return base64 in bcrypt's own alphabet, without padding."""
    usual = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    own = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return base64.b64encode(data).rstrip(b"=").translate(bytes.maketrans(usual, own))


def rabbit_hash(password: str) -> str:
    """Return a password as RabbitMQ's definitions have it; the same for the same password."""
    salt = hashlib.sha256(f"rabbit/{password}".encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
