"""Questions to Ceph, put in a machine that has its keys, over one connection to the cluster.

The program that answers is part of the storage images. A question that gets no answer in time
is answered "no answer in time": a lost quorum never hangs whoever asks.
"""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from testbed.errors import GuestError
from testbed.guest import Command, TalkingGuest

PROGRAM = "/usr/libexec/testbed/ceph-ask"
_PATIENCE = 10.0  # seconds for one answer


class CephSilent(GuestError):
    """Ceph refused a question or gave no answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Ceph said: 0 or a positive errno, its output, and its sentence to the user."""

    status: int
    out: str
    text: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def late(self) -> bool:
        """Whether there was no answer in time, as without a quorum."""
        return self.status == errno.ETIMEDOUT

    def json(self) -> Any:
        """Return the output's values; raises `CephSilent` where Ceph refused or did not answer."""
        if not self.ok:
            raise CephSilent("Ceph did not answer", why=self.text)
        return json.loads(self.out) if self.out.strip() else None


class Ask:
    """One machine's ear at the cluster."""

    def __init__(self, dialogue: Any, machine: str) -> None:
        self._dialogue = dialogue
        self.machine = machine

    def mon(self, prefix: str, *, timeout: float = _PATIENCE, **arguments: Any) -> Answer:
        """Return the monitors' answer to a command; `timeout` is in seconds."""
        return self._question("mon", timeout, command={"prefix": prefix, **arguments})

    def mgr(self, prefix: str, *, timeout: float = _PATIENCE, **arguments: Any) -> Answer:
        """Return the active manager's answer to a command."""
        return self._question("mgr", timeout, command={"prefix": prefix, **arguments})

    def daemon(self, daemon: str, prefix: str, *, timeout: float = _PATIENCE) -> Answer:
        """Return what a daemon of this machine says at its admin socket, without any quorum."""
        return self._question("socket", timeout, daemon=daemon, command={"prefix": prefix})

    def write(
        self, pool: str, name: str, *, seed: str, size: int, timeout: float = _PATIENCE
    ) -> Answer:
        """Write an object of `size` bytes that `seed` determines; the answer is its SHA-256."""
        return self._question("write", timeout, pool=pool, name=name, seed=seed, size=size)

    def read(self, pool: str, name: str, *, timeout: float = _PATIENCE) -> Answer:
        """Read an object; the answer is its SHA-256."""
        return self._question("read", timeout, pool=pool, name=name)

    def delete(self, pool: str, name: str, *, timeout: float = _PATIENCE) -> Answer:
        """Delete an object."""
        return self._question("delete", timeout, pool=pool, name=name)

    def _question(self, to: str, timeout: float, **rest: Any) -> Answer:
        told = json.loads(self._dialogue.ask(json.dumps({"to": to, "timeout": timeout, **rest})))
        return Answer(told["status"], told["out"], told["text"])


@contextmanager
def asking(guest: TalkingGuest, *, timeout: float = 120.0) -> Iterator[Ask]:
    """Open an ear at the cluster around the block, which may take `timeout` seconds.

    Raises `GuestError` where the machine cannot be reached or holds no Ceph.
    """
    with guest.talk(Command((PROGRAM,), sudo=True), timeout=timeout) as dialogue:
        try:
            yield Ask(dialogue, guest.name)
        except json.JSONDecodeError as error:
            raise GuestError(
                f"{guest.name}: its answer about Ceph is no answer",
                why=str(error),
                next_step=f"try it there: testbed ssh {guest.name} -- sudo ceph -s",
            ) from error
