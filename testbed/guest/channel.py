"""One command on one channel: both outputs read as they come, whatever their size."""

import select
import threading
import time

import paramiko

from testbed.guest.command import Result

_CHUNK = 64 * 1024
_LOOK_EVERY = 0.2  # seconds; paramiko can lose a wake-up when both outputs move at once


def run(channel: paramiko.Channel, line: str, *, stdin: bytes, deadline: float) -> Result | None:
    """Return what the command did, or None at the deadline (of `time.monotonic`).

    Raises `ConnectionError` where the connection ends before the command.
    """
    if not start(channel, line, deadline):
        return None
    _feed(channel, stdin)
    stdout, stderr = bytearray(), bytearray()
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    while not _drain(channel, stdout, stderr):
        if time.monotonic() >= deadline:
            return None
        poll.poll(min(_left(deadline), _LOOK_EVERY) * 1000)
    if not channel.status_event.wait(_left(deadline)):
        return None
    if channel.exit_status < 0:
        raise ConnectionError("it ended before the command did")
    return Result(channel.exit_status, _text(stdout), _text(stderr), seconds=0.0)


def start(channel: paramiko.Channel, line: str, deadline: float) -> bool:
    """Start the command; return whether the guest agreed before the deadline.

    paramiko waits for ever for the guest's word, and a paused machine never gives it.
    """
    channel.settimeout(_left(deadline))
    watchman = threading.Timer(_left(deadline), channel.close)
    watchman.daemon = True
    watchman.start()
    try:
        channel.exec_command(line)
    except paramiko.SSHException:
        if time.monotonic() < deadline:
            raise
        return False
    finally:
        watchman.cancel()
    return True


def _drain(channel: paramiko.Channel, stdout: bytearray, stderr: bytearray) -> bool:
    """Take what has come; return whether nothing more will."""
    over = bool(channel.eof_received or channel.closed)  # asked first: data may come until then
    while channel.recv_ready():
        stdout += channel.recv(_CHUNK)
    while channel.recv_stderr_ready():
        stderr += channel.recv_stderr(_CHUNK)
    return over


def _feed(channel: paramiko.Channel, stdin: bytes) -> None:
    """Send the input while the output is read, or a command that does both would block."""

    def send() -> None:
        try:
            channel.sendall(stdin)
            channel.shutdown_write()
        except (OSError, EOFError, paramiko.SSHException):
            return  # it ended without reading all: its exit status tells

    if stdin:
        threading.Thread(target=send, daemon=True).start()
    else:
        channel.shutdown_write()


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _text(data: bytearray) -> str:
    return data.decode(errors="replace")
