"""What fake nodes share, whatever is deployed on them: a line that can be cut, and systemd."""

from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from testbed.errors import GuestError
from testbed.guest import Command, Result, Script


@dataclass(kw_only=True)
class Changes:
    """Everything that was changed, in order.

    After `cut_after` changes the line is cut before the next one.
    """

    changes: list[str] = field(default_factory=list)
    cut_after: int | None = None
    lock: RLock = field(default_factory=RLock)

    def did(self, machine: str, what: str) -> None:
        if self.cut_after is not None and len(self.changes) >= self.cut_after:
            raise GuestError(f"{machine}: the line is cut")
        self.changes.append(f"{machine}: {what}")


@dataclass
class Door:
    """The door into a node of a world that has `nodes`; what it says is `answer`'s."""

    world: Any
    name: str

    @property
    def node(self) -> Any:
        return self.world.nodes[self.name]

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        text = command.text if isinstance(command, Script) else " ".join(command.argv)
        with self.world.lock:
            return Result(0, self.answer(text, stdin), "", 0.1)

    def answer(self, text: str, stdin: bytes) -> str:
        raise NotImplementedError

    def told_of_units(self, text: str) -> list[str]:
        """Return what systemd says of the units that a look asks for."""
        asked = text.partition("echo units ")[2].partition("\n")[0].split()
        active, enabled = self.node.active, self.node.enabled
        rows = {
            "units": asked,
            "now": ["active" if unit in active else "inactive" for unit in asked],
            "boot": ["enabled" if unit in enabled else "disabled" for unit in asked],
        }
        return [" ".join((row, *words)) for row, words in rows.items()]
