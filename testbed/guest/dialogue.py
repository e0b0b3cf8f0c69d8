"""A command that answers each line with one line."""

from typing import TYPE_CHECKING

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
