"""A guest over SSH: one connection, kept, and one channel per command."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko

from testbed.guest import channel
from testbed.guest.command import Command, Result, Script, line_for
from testbed.guest.connect import Address, Patience, connect
from testbed.guest.dialogue import Dialogue
from testbed.guest.failures import CommandTimeout, ConnectionLost, NothingAnswers, Unreachable

_Opening = Callable[[paramiko.Transport], paramiko.Channel]


class SshGuest:
    """A machine reached over SSH at the host's loopback, with the one host key we made for it.

    Nothing is connected until it is needed; a connection found dead is made anew, once.
    """

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        user: str,
        key_file: Path,
        host_key: str,
        patience: Patience | None = None,
    ) -> None:
        """Remember where the machine is; `host_key` is its public key line."""
        self._address = Address(name, host, port, user, key_file, host_key)
        self._patience = patience or Patience()
        self._transport: paramiko.Transport | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._address.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, if there is one; the next command makes a new one."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
                self._transport = None

    def connect(self) -> None:
        """Connect now, unless connected; raises a `GuestError` that says what stands in the way."""
        with self._lock:
            if self._transport is None or not self._transport.is_active():
                self._transport = None
                self._transport = connect(self._address, self._patience)

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        """Return the command's result, whatever its exit status; `timeout` is in seconds.

        A command that does not end in time is stopped in the guest, by the guest, even where
        the connection broke. Raises `CommandTimeout`, `ConnectionLost` or what `connect` raises.
        """
        line = line_for(command, timeout)
        started = time.monotonic()
        with self._channel(f"`{command}`") as opened:
            done = channel.run(opened, line, stdin=stdin, deadline=started + timeout)
        if done is None:
            raise self._too_slow(f"`{command}`", timeout)
        return replace(done, seconds=time.monotonic() - started)

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        """Start a command that answers each line with one line; it ends with the block."""
        with self._channel(f"`{command}`") as opened:
            line = line_for(command, timeout)
            if not channel.start(opened, line, time.monotonic() + timeout):
                raise self._too_slow(f"`{command}`", timeout)
            try:
                yield Dialogue(opened)
            except TimeoutError as error:
                raise self._too_slow(f"`{command}`", timeout) from error

    @contextmanager
    def dial(self, host: str, port: int, *, timeout: float = 30.0) -> Iterator[paramiko.Channel]:
        """Open a connection from the guest to an address; what is yielded is used as a socket.

        `timeout` is in seconds, for the opening and for each wait afterwards. Raises
        `NothingAnswers` where the guest is reached and the address is not.
        """

        def call(transport: paramiko.Transport) -> paramiko.Channel:
            there, here = (host, port), ("127.0.0.1", 0)
            try:
                return transport.open_channel("direct-tcpip", there, here, timeout=timeout)
            except paramiko.SSHException as error:
                if not transport.is_active():
                    raise
                raise NothingAnswers(
                    f"{self.name}: nothing answers at {host}:{port}",
                    why=str(error),
                    next_step=f"look around with: testbed ssh {self.name}",
                ) from error

        with self._channel(f"the call to {host}:{port}", call) as opened:
            opened.settimeout(timeout)
            yield opened

    @contextmanager
    def _channel(self, doing: str, opening: _Opening | None = None) -> Iterator[paramiko.Channel]:
        opened = self._open(opening or self._session)
        try:
            yield opened
        except TimeoutError:
            raise
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise ConnectionLost(
                f"{self.name}: the connection broke during {doing}",
                why=str(error) or "the other side closed it",
                next_step="see whether the machine runs with: testbed status",
            ) from error
        finally:
            opened.close()

    def _open(self, opening: _Opening) -> paramiko.Channel:
        """Open a channel; where the kept connection turns out dead, on a new one."""
        reused = self._transport is not None
        self.connect()
        try:
            return self._open_once(opening)
        except (paramiko.SSHException, EOFError, OSError) as error:
            self.close()
            if not reused:
                raise self._silent(error) from error
        self.connect()
        try:
            return self._open_once(opening)
        except (paramiko.SSHException, EOFError, OSError) as error:
            self.close()
            raise self._silent(error) from error

    def _open_once(self, opening: _Opening) -> paramiko.Channel:
        transport = self._transport
        if transport is None:
            raise paramiko.SSHException("the connection was closed")
        return opening(transport)

    def _session(self, transport: paramiko.Transport) -> paramiko.Channel:
        return transport.open_session(timeout=self._patience.channel)

    def _silent(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"{self.name}: SSH connects and then opens no session",
            why=str(error) or type(error).__name__,
            next_step=f"look at its console with: testbed console {self.name}",
        )

    def _too_slow(self, doing: str, timeout: float) -> CommandTimeout:
        return CommandTimeout(
            f"{self.name}: {doing} did not end within {timeout:g} s",
            why="it was stopped",
            next_step=f"look around with: testbed ssh {self.name}",
        )
