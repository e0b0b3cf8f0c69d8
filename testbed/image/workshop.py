"""The folder a build happens in, and its commands: logged, and explained when they fail."""

import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import ImageError
from testbed.image.sandbox import Sandbox
from testbed.run import FellSilent, run_logged

_SILENCE = 3600.0  # seconds; a slow mirror is no failure, and mmdebstrap downloads in silence


@dataclass(slots=True)
class Stopwatch:
    """Seconds by the name of what took them; reports each when it is done."""

    report: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 1)
        self.report(f"{name}: {self.seconds[name]:.1f} s")


@dataclass(frozen=True, slots=True)
class Workshop:
    """One build's folder, sandbox and log; `folder` becomes the result in the end."""

    recipe: str
    folder: Path
    log: Path
    sandbox: Sandbox

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    def must(self, stage: str, command: Sequence[str], *, network: bool = False) -> None:
        """Run the command in the sandbox; raises `ImageError` naming the stage if it fails.

        One that prints nothing for hours has failed, too.
        """
        argv = self.sandbox.argv(*command, network=network)
        env = {"TMPDIR": str(self.folder)}
        try:
            done = run_logged(argv, self.log, silence=_SILENCE, env=env)
        except FellSilent as error:
            ended = f"printed nothing for {_SILENCE / 60:g} minutes, and was stopped"
            raise self._failed(stage, command, ended) from error
        if not done.ok:
            ended = f"exited with status {done.exit_status}: {_cause(done.stdout)}"
            raise self._failed(stage, command, ended)

    def _failed(self, stage: str, command: Sequence[str], ended: str) -> ImageError:
        return ImageError(
            f"cannot build image '{self.recipe}': stage '{stage}' failed",
            why=f"`{shlex.join(command)[:120]}` {ended}",
            next_step=f"read {self.log}",
        )


def _cause(output: str) -> str:
    """Return apt's and mmdebstrap's first error, or whatever was said last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E: ")]
    return (errors[:1] or lines[-1:] or ["it printed nothing"])[0]


def must_have_space(folder: Path, need_mib: int, doing: str) -> None:
    """Raise `ImageError` if the folder's filesystem has less than `need_mib` MiB free."""
    have = shutil.disk_usage(folder).free // 2**20
    if have < need_mib:
        raise ImageError(
            f"not enough disk space to {doing}",
            why=f"need {need_mib} MiB, have {have} MiB in {folder}",
            next_step="free some space, for instance with: testbed image prune",
        )
