"""A machine's serial console on two file descriptors."""

import os
import select
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import libvirt

LEAVE = b"\x1d"  # Ctrl+]
_CHUNK = 4096


def join(stream: Any, stdin: int, stdout: int) -> None:
    """Copy both ways until Ctrl+], the end of the input or the end of the machine.

    The terminal is as before afterwards, whatever happened.
    """
    ended, tell_ended = os.pipe()
    reader = threading.Thread(target=_show, args=(stream, stdout, tell_ended), daemon=True)
    try:
        with _raw(stdin):
            reader.start()
            _type(stream, stdin, ended)
    finally:
        with suppress(libvirt.libvirtError):  # it may have ended on its own
            stream.abort()
        reader.join(timeout=5)
        os.close(ended)


@contextmanager
def _raw(stdin: int) -> Iterator[None]:
    """Hand every key to the machine, Ctrl+C too, while inside the block."""
    if not os.isatty(stdin):
        yield
        return
    before = termios.tcgetattr(stdin)
    try:
        tty.setraw(stdin)
        yield
    finally:
        with suppress(termios.error):  # it was closed
            termios.tcsetattr(stdin, termios.TCSADRAIN, before)


def _type(stream: Any, stdin: int, ended: int) -> None:
    while True:
        ready, _, _ = select.select([stdin, ended], [], [])
        if ended in ready:
            return
        keys = os.read(stdin, _CHUNK)
        before, leave, _ = keys.partition(LEAVE)
        _send_all(stream, before)
        if leave or not keys:
            return


def _send_all(stream: Any, data: bytes) -> None:
    while data:
        data = data[stream.send(data) :]


def _show(stream: Any, stdout: int, tell_ended: int) -> None:
    try:
        with suppress(libvirt.libvirtError, OSError):
            while data := stream.recv(_CHUNK):
                _write_all(stdout, data)
    finally:
        os.close(tell_ended)


def _write_all(stdout: int, data: bytes) -> None:
    while data:
        data = data[os.write(stdout, data) :]
