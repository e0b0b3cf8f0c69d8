"""One connection to libvirt, opened again once where the daemon went away."""

import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import libvirt

from testbed.host import daemon
from testbed.host.refusal import connection_lost, explaining
from testbed.wait import Seen, wait_until

T = TypeVar("T")


def _silent(_context: object, _error: object) -> None:
    """Drop what libvirt would print: every error reaches the user as a HostError."""


def _answers(uri: str) -> bool:
    with suppress(libvirt.libvirtError):
        libvirt.open(uri).close()
        return True
    return False


class Session:
    """A connection that is safe to share between threads."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._lock = threading.Lock()
        self._connection = self._connect()

    @classmethod
    def open(cls, uri: str = "qemu:///session") -> Self:
        """Return a connection to the libvirt daemon at `uri`; a session daemon is started."""
        return cls(uri)

    def close(self) -> None:
        """End the connection; harmless where it is broken already."""
        with explaining(f"close the connection to '{self.uri}'"):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self) -> Any:
        libvirt.registerErrorHandler(_silent, None)
        if daemon.needs_own_daemon(self.uri):
            return self._connect_as_root()
        with explaining(f"connect to libvirt at '{self.uri}'"):
            return libvirt.open(self.uri)

    def _connect_as_root(self) -> Any:
        with suppress(libvirt.libvirtError):  # no daemon yet, or it has just ended
            return libvirt.open(daemon.session_uri())
        daemon.start()
        wait_until(
            "a libvirt session for root",
            lambda: Seen(_answers(daemon.session_uri()), f"no answer at {daemon.socket_path()}"),
            timeout=20,
            every=0.1,
            next_step="run: testbed doctor",
        )
        with explaining(f"connect to libvirt at '{self.uri}'"):
            return libvirt.open(daemon.session_uri())

    def _ask(self, doing: str, question: Callable[[Any], T]) -> T:
        """Return the answer to a question put to the connection.

        Where the daemon went away the question is put once more to a new one, so questions
        must be safe to repeat. Raises `HostError` about `doing`.
        """
        connection = self._connection
        with explaining(doing):
            try:
                return question(connection)
            except libvirt.libvirtError as error:
                if not connection_lost(error):
                    raise
            return question(self._reconnect(connection))

    def _reconnect(self, broken: Any) -> Any:
        with self._lock:
            if self._connection is broken:
                self._connection = self._connect()
            return self._connection
