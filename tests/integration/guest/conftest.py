"""An SSH server in this process, which runs commands as a guest would."""

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from testbed.guest import Patience, SshGuest, new_keypair

LONG = Patience(tcp=10, banner=10, auth=10, channel=10)  # a busy computer is slow to greet


class Sshd(paramiko.ServerInterface):
    """One server for all connections; counts them, and can break them off."""

    def __init__(self, host_key: paramiko.PKey, allowed: str) -> None:
        self.host_key = host_key
        self.allowed = allowed.split()[1]
        self.transports: list[paramiko.Transport] = []
        self.commands: list[str] = []
        self.refuses_sessions = False
        self.swallows_calls = False
        self.awake = threading.Event()
        self.awake.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                transport = paramiko.Transport(self.listener.accept()[0])
                transport.add_server_key(self.host_key)
                self.transports.append(transport)
                with contextlib.suppress(paramiko.SSHException, EOFError):
                    transport.start_server(event=threading.Event(), server=self)

    def drop_connections(self) -> None:
        """Break every connection as a machine that loses its power does."""
        for transport in self.transports:
            transport.sock.close()

    def close(self) -> None:
        self.awake.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # close alone would let one more in
        self.listener.close()
        for transport in self.transports:
            transport.close()

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = username == "aolda" and key.get_base64() == self.allowed
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if self.refuses_sessions:
            return paramiko.OPEN_FAILED_RESOURCE_SHORTAGE
        return paramiko.OPEN_SUCCEEDED

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        if self.swallows_calls:
            self.awake.wait()
        try:
            there = socket.create_connection(destination, timeout=5)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        threading.Thread(target=self._forward, args=(chanid, there), daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def _forward(self, chanid: int, there: socket.socket) -> None:
        transport = self.transports[-1]
        channel = transport.accept(5)
        while channel is not None and channel.get_id() != chanid:
            channel = transport.accept(5)
        assert channel is not None
        threading.Thread(target=_pour, args=(channel, there), daemon=True).start()
        _pour(there, channel)
        with contextlib.suppress(EOFError):  # the other side has left
            channel.close()

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.awake.wait()
        self.commands.append(command.decode())
        threading.Thread(target=_execute, args=(channel, command), daemon=True).start()
        return True


def _execute(channel: paramiko.Channel, command: bytes) -> None:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(["sh", "-c", command.decode()], **pipes)  # type: ignore[call-overload]
    copies = [
        threading.Thread(target=_copy, args=(process.stdout, channel.sendall)),
        threading.Thread(target=_copy, args=(process.stderr, channel.sendall_stderr)),
    ]
    threading.Thread(target=_type, args=(channel, process.stdin), daemon=True).start()
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        status = process.wait()
        if status >= 0:  # else sshd names the signal, which is no status
            channel.send_exit_status(status)
    channel.close()


def _pour(source: Any, sink: Any) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while data := source.recv(65536):
            sink.sendall(data)


def _copy(pipe, send: Callable[[bytes], None]) -> None:  # type: ignore[no-untyped-def]
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while data := os.read(pipe.fileno(), 65536):
            send(data)
    pipe.close()


def _type(channel: paramiko.Channel, pipe) -> None:  # type: ignore[no-untyped-def]
    with contextlib.suppress(OSError):
        while data := channel.recv(65536):
            pipe.write(data)
            pipe.flush()
    with contextlib.suppress(OSError):
        pipe.close()


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, str]:
    """The file of our private key, and the public line."""
    private, public = new_keypair()
    file = tmp_path / "id_ed25519"
    file.touch(mode=0o600)
    file.write_text(private)
    return file, public


def _pkey(folder: Path) -> tuple[paramiko.PKey, str]:
    private, public = new_keypair("host")
    file = folder / "host_key"
    file.write_text(private)
    return paramiko.Ed25519Key.from_private_key_file(str(file)), public


@pytest.fixture
def host_keys(tmp_path: Path) -> tuple[paramiko.PKey, str]:
    return _pkey(tmp_path)


@pytest.fixture
def sshd(host_keys: tuple[paramiko.PKey, str], keys: tuple[Path, str]) -> Iterator[Sshd]:
    server = Sshd(host_keys[0], keys[1])
    yield server
    server.close()


@pytest.fixture
def reach(
    keys: tuple[Path, str], host_keys: tuple[paramiko.PKey, str]
) -> Iterator[Callable[..., SshGuest]]:
    """Make a guest that is to be at a port, with the server's host key unless told otherwise."""
    made = []

    def make(
        port: int,
        *,
        host_key: str = host_keys[1],
        key_file: Path = keys[0],
        patience: Patience = LONG,
    ) -> SshGuest:
        guest = SshGuest(
            "node1",
            host="127.0.0.1",
            port=port,
            user="aolda",
            key_file=key_file,
            host_key=host_key,
            patience=patience,
        )
        made.append(guest)
        return guest

    yield make
    for guest in made:
        guest.close()


@pytest.fixture
def guest(sshd: Sshd, reach: Callable[..., SshGuest]) -> SshGuest:
    return reach(sshd.port)
