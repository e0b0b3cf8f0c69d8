"""Connecting: TCP, banner, keys, login, each with its own patience and its own error."""

import logging
import socket
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from testbed.errors import GuestError
from testbed.guest.failures import HostKeyDiffers, Unreachable, UserKeyRefused

# paramiko tells its errors to the log as well as to us; Python prints an orphan log to stderr.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

# What is cheapest for an emulated guest first; hybrid post-quantum exchange costs it seconds.
_EXCHANGES = ("curve25519-sha256@libssh.org", "ecdh-sha2-nistp256")
_CIPHERS = ("aes128-gcm@openssh.com", "aes128-ctr")
_MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-256")
_HOST_KEYS = ("ssh-ed25519",)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a guest is, who we are there, and how we know it."""

    name: str
    host: str
    port: int
    user: str
    key_file: Path
    host_key: str  # public key line


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each step may take, in seconds.

    QEMU's user network accepts TCP before the guest is up, so the banner is the real knock.
    """

    tcp: float = 5.0
    banner: float = 20.0
    auth: float = 60.0
    channel: float = 30.0
    keepalive: int = 15


def connect(address: Address, patience: Patience) -> paramiko.Transport:
    """Return a connection that is logged in, to the machine with our host key and no other.

    Raises `Unreachable`, `HostKeyDiffers` or `UserKeyRefused`.
    """
    key = _user_key(address)
    transport = _greet(address, patience)
    try:
        _check_host_key(address, transport)
        _log_in(address, transport, key)
    except BaseException:
        transport.close()
        raise
    transport.set_keepalive(patience.keepalive)
    return transport


def _user_key(address: Address) -> paramiko.PKey:
    try:
        return paramiko.Ed25519Key.from_private_key_file(str(address.key_file))
    except (OSError, paramiko.SSHException, ValueError) as error:
        raise GuestError(
            f"cannot read the key for '{address.name}', '{address.key_file}'",
            why=str(error),
            next_step="put back what is missing, or XDG_STATE_HOME as it was when the testbed was "
            "raised",
        ) from error


def _greet(address: Address, patience: Patience) -> paramiko.Transport:
    """Connect and agree on keys; nothing of ours but a version string has been sent then."""
    try:
        tcp = socket.create_connection((address.host, address.port), timeout=patience.tcp)
    except OSError as error:
        raise _unreachable(address, error) from error
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(tcp)
    _prefer_cheap(transport.get_security_options())
    transport.banner_timeout = patience.banner
    transport.auth_timeout = patience.auth
    transport.channel_timeout = patience.channel
    try:
        transport.start_client(timeout=patience.banner + patience.auth)
    except IncompatiblePeer as error:
        transport.close()
        raise _stranger(address, str(error)) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise _unreachable(address, error) from error
    return transport


def _prefer_cheap(options: paramiko.transport.SecurityOptions) -> None:
    """Offer the cheap algorithms only; names this paramiko does not know are left out."""
    options.kex = tuple(name for name in _EXCHANGES if name in options.kex)
    options.ciphers = tuple(name for name in _CIPHERS if name in options.ciphers)
    options.digests = tuple(name for name in _MACS if name in options.digests)
    options.key_types = _HOST_KEYS


def _check_host_key(address: Address, transport: paramiko.Transport) -> None:
    seen = transport.get_remote_server_key()
    kind, expected = address.host_key.split()[:2]
    if (seen.get_name(), seen.get_base64()) != (kind, expected):
        raise _stranger(address, f"it showed {seen.get_name()} {seen.fingerprint}")


def _log_in(address: Address, transport: paramiko.Transport, key: paramiko.PKey) -> None:
    try:
        transport.auth_publickey(address.user, key)
    except paramiko.AuthenticationException as error:
        raise UserKeyRefused(
            f"{address.name}: user '{address.user}' may not log in with our key",
            why=str(error),
            next_step=f"look at its console with: testbed console {address.name}",
        ) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: Address, error: Exception) -> Unreachable:
    return Unreachable(
        f"{address.name}: no SSH at {address.host}:{address.port}",
        why=str(error) or "the other side closed the connection",
        next_step=f"look at its console with: testbed console {address.name}",
    )


def _stranger(address: Address, seen: str) -> HostKeyDiffers:
    return HostKeyDiffers(
        f"{address.name}: the host key at {address.host}:{address.port} differs",
        why=f"another program or machine answers there; {seen}",
        next_step="run: testbed doctor",
    )
