"""Following a lab's guide to its end: every command it shows, as a learner would type it.

The code blocks of all languages are the same, so whoever follows one has followed both.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LABS = Path("labs")
BIN = Path(".venv/bin").absolute()
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LOG_IN = re.compile(r"testbed ssh (\S+)(?:\s+#.*)?")
_ELSEWHERE = r"^.*# at {machine}: (.*)$"
_VERB = re.compile(r"\btestbed ((?:lab |link |power )?[a-z]+)")
_LIMIT = 1800.0  # seconds for one block: some wait until Ceph has copied everything
_GRACE = 60.0  # seconds until what was interrupted is killed
_FINISH = "testbed lab finish"
_UNTIL_SOLVED = "timeout --foreground 900 testbed lab check --watch > /dev/null"


@dataclass(frozen=True)
class Typed:
    """Commands typed one after the other into one shell: the learner's own, or a machine's."""

    machine: str | None
    text: str


def typed(guide: str) -> Iterator[Typed]:
    """Yield what the guide's blocks of commands make a learner type.

    A block that only logs in opens a shell, and what follows without `testbed` is typed there.
    Where nothing follows, what was typed into the last such shell is typed again.
    """
    blocks = _BLOCK.findall(guide)
    machine, last = None, ""
    for place, block in enumerate(blocks):
        if logs_in := _LOG_IN.fullmatch(block.strip()):
            machine = logs_in[1]
            inside = "".join(_inside(blocks[place + 1 :]))
            last = inside or re.sub(_ELSEWHERE.format(machine=machine), r"\1", last, flags=re.M)
            yield Typed(machine, last)
        elif "testbed " in block:
            yield Typed(None, block)


def _inside(blocks: list[str]) -> Iterator[str]:
    for block in blocks:
        if "testbed " in block:
            return
        yield block


def follow(lab: str, named: tuple[str, str]) -> bool:
    """Start a lab, follow its guide, and return whether it could be finished."""
    if not _runs(_of(named, f"testbed lab start {lab}")):
        return False
    finished = False
    for each in typed((LABS / lab / "guide.en.md").read_text()):
        if _FINISH in each.text:
            _runs(_of(named, _UNTIL_SOLVED))
            finished = _type(each, named)
        else:
            _type(each, named)
    return finished


def _type(each: Typed, named: tuple[str, str]) -> bool:
    """Type a block; one that only looks may well fail, and the end tells whether that mattered."""
    if each.machine is None:
        return _runs(_of(named, each.text))
    print(f"({each.machine})", flush=True)
    return _runs(_of(named, f"testbed ssh {each.machine} -- bash -s"), stdin=each.text)


def _of(named: tuple[str, str], text: str) -> str:
    """Return the commands for the testbed of that name: others may be there, too."""
    return _VERB.sub(rf"testbed \1 {' '.join(named)}", text)


def _runs(script: str, *, stdin: str | None = None) -> bool:
    """Run commands and return whether the last succeeded; what hangs is ended with all it began."""
    print("\n".join(f"$ {line}" for line in (stdin or script).splitlines()), flush=True)
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TESTBED_LANG": "en"}
    running = subprocess.Popen(
        ["bash", "-c", script],
        env=environment,
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        running.communicate(stdin or "", timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        _end(running)
        print(f"it did not end within {_LIMIT:g} s", flush=True)
        return False
    except BaseException:  # Ctrl+C does not reach a session of its own
        _end(running)
        raise
    return running.returncode == 0


def _end(running: "subprocess.Popen[str]") -> None:
    """End a shell and what it began, in order and then at once.

    Not as Ctrl+C does: what was started in the background is deaf to that.
    """
    os.killpg(running.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        running.wait(_GRACE)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
