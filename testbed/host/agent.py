"""A guest without its network: QEMU carries what the agent in it is asked."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.guest import Command, CommandTimeout, Result, Script, line_for
from testbed.host.host import Host

_EVERY = 0.2  # seconds between two looks whether a command has ended


@dataclass(frozen=True, slots=True)
class AgentGuest:
    """A machine asked through QEMU: neither its network nor SSH nor a key is needed.

    What it runs is run by root, and the agent cuts off what a command prints beyond 16 MiB.
    Source: QEMU Guest Agent Protocol Reference, `guest-exec`.
    """

    host: Host
    name: str
    domain: str

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        """Return the command's result, whatever its exit status; `timeout` is in seconds.

        Raises `HostError` where no agent answers, and `CommandTimeout`.
        """
        started = time.monotonic()
        asked = {
            "path": "/bin/sh",
            "arg": ["-c", line_for(command, timeout)],
            "input-data": base64.b64encode(stdin).decode("ascii"),
            "capture-output": True,
        }
        pid = self._ask("guest-exec", asked)["pid"]
        while not (told := self._ask("guest-exec-status", {"pid": pid}))["exited"]:
            if time.monotonic() >= started + timeout:
                raise CommandTimeout(
                    f"{self.name}: `{command}` did not end within {timeout:g} s",
                    why="it was stopped",
                    next_step=f"look at its console with: testbed console {self.name}",
                )
            time.sleep(_EVERY)
        printed = (_text(told.get("out-data", "")), _text(told.get("err-data", "")))
        return Result(told.get("exitcode", -1), *printed, time.monotonic() - started)

    def _ask(self, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self.host.agent(self.domain, {"execute": command, "arguments": arguments})
        return dict(answer["return"])


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode("utf-8", "replace")
