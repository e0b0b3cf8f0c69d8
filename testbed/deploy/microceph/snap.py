"""The snap on one node: where it comes from, and the steps until it is there and stays as it is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from testbed.deploy.step import Step
from testbed.errors import DeployError
from testbed.guest import Command

SNAP = "/usr/bin/snap"
NAME = "microceph"
CHANNEL = "squid/stable"  # Ceph 19.2
FILES = "/var/lib/testbed/snaps"  # where the image recipe puts snap files and their assertions
IMAGE = "microceph"
_SLOW = 900.0  # seconds; some hundred megabytes through an emulated network card

FROM_FILES = (
    f"give the snap's files to the image (images/README.md says how) and run: testbed image build "
    f"{IMAGE}, then testbed down, testbed up; or set 'internet: true'; or use provider: ceph"
)


@dataclass(frozen=True, slots=True)
class SnapFacts:
    """What snapd has: names of installed and of held snaps, files it could install from."""

    snapd: bool
    installed: frozenset[str]
    held: frozenset[str]
    files: frozenset[str]

    @property
    def ready(self) -> bool:
        """Whether MicroCeph is installed."""
        return NAME in self.installed


def read_list(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each snap of the output of `snap list`, and whether its updates are held."""
    for line in text.splitlines():
        columns = line.split()
        if len(columns) >= 3 and columns[0] != "Name":
            yield columns[0], "held" in columns[-1].split(",")


def name_of(file: str) -> str:
    """Return the name of the snap in a file, with or without a revision in the file's name."""
    return re.split(r"[_.]", file, maxsplit=1)[0]


def must_be_installable(machine: str, facts: SnapFacts) -> None:
    """Raise `DeployError` where nothing could ever install the snap on the machine."""
    if not facts.snapd:
        raise DeployError(
            f"cannot install MicroCeph on '{machine}': its image has no snapd",
            why="nothing was run",
            next_step=f"set 'image: {IMAGE}' on the nodes and run: testbed image build {IMAGE}, "
            f"then testbed down, testbed up FILE; or use provider: ceph",
        )
    for file in _missing_files(facts):
        proof = str(PurePosixPath(file).with_suffix(".assert"))
        if proof not in facts.files:
            raise DeployError(
                f"cannot install '{file}' on '{machine}': its assertion '{proof}' is not there",
                why="snapd trusts a file only with the assertion that `snap download` puts beside "
                "it; nothing was run",
                next_step=f"add '{proof}' to the recipe and run: testbed image build {IMAGE}, "
                f"then testbed down, testbed up",
            )


def installing(machine: str, facts: SnapFacts) -> Iterator[Step]:
    """Yield the steps that install the snap, from files where the image has some."""
    if facts.ready:
        return
    if name_of_all(facts.files) >= {NAME}:
        for file in _missing_files(facts):
            path = PurePosixPath(FILES) / file
            yield _step(f"prove {file}", machine, "ack", str(path.with_suffix(".assert")))
            yield _step(f"install {file}", machine, "install", str(path))
    else:
        yield _step("install", machine, "install", NAME, f"--channel={CHANNEL}")


def holding(machine: str, facts: SnapFacts) -> Iterator[Step]:
    """Yield the step that keeps the snap from being updated by itself, where it is missing."""
    if NAME not in facts.held:
        yield _step("hold updates", machine, "refresh", "--hold", NAME)


def name_of_all(files: Iterable[str]) -> frozenset[str]:
    """Return the names of the snaps that are there as files."""
    return frozenset(name_of(file) for file in files if file.endswith(".snap"))


def _missing_files(facts: SnapFacts) -> list[str]:
    """Return the files to install, snapd first and MicroCeph last: it stands on the others."""
    order = {"snapd": 0, NAME: 2}
    found = [file for file in facts.files if file.endswith(".snap")]
    missing = [file for file in found if name_of(file) not in facts.installed]
    return sorted(missing, key=lambda file: (order.get(name_of(file), 1), file))


def _step(name: str, machine: str, *words: str) -> Step:
    return Step(name, machine, Command((SNAP, *words), sudo=True), timeout=_SLOW)
