"""A command that answers each line with one line, and guests that can be talked to so."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from testbed.guest.command import Command, Guest

if TYPE_CHECKING:
    import paramiko


class Dialogue:
    """Lines out, lines in, over one channel."""

    def __init__(self, channel: "paramiko.Channel") -> None:
        self._channel = channel
        self._pending = b""

    def ask(self, line: str = "") -> str:
        """Send one line and return the one that answers it.

        Raises `TimeoutError`, or `ConnectionError` where the command has ended.
        """
        self._channel.sendall(f"{line}\n".encode())
        while b"\n" not in self._pending:
            data = self._channel.recv(4096)
            if not data:
                raise ConnectionError("the command ended")
            self._pending += data
        answer, _, self._pending = self._pending.partition(b"\n")
        return answer.decode(errors="replace")


class TalkingGuest(Guest, Protocol):
    """A guest that can hold a dialogue, and that others can be called through."""

    def talk(
        self, command: Command, *, timeout: float = 60.0
    ) -> AbstractContextManager[Dialogue]: ...

    def dial(self, host: str, port: int, *, timeout: float = 30.0) -> AbstractContextManager[Any]:
        """Open a connection from the guest to an address; what is yielded is used as a socket.

        `timeout` is in seconds, for the opening and for each wait afterwards. Raises
        `NothingAnswers` where the guest is reached and the address is not.
        """
