"""Real machines: one testbed per session, and the command line as a user types it.

Two groups of tests take turns where time is short: `TESTBED_E2E_TURN` names the one that runs.
Where `TESTBED_E2E_MINUTES` says how long all of it may take, no test begins that would end later: a
computer of half the speed leaves the last ones out, and says so, instead of being cut off.

With `TESTBED_E2E_FOLDER` testbeds stay up after the tests, recorded in that folder, and the next
run goes on with them: for whoever mends one test of many.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tenant import Tenant

from testbed.apply import keys, observe
from testbed.apply.folders import Folders
from testbed.apply.session import Session, session
from testbed.host import Host
from testbed.wait import Seen, wait_until

TESTBED = Path(".venv/bin/testbed").absolute()
FAILURES = Path("failures").absolute()
HERE = Path(__file__).parent
FAILED, RAN = pytest.StashKey[bool](), pytest.StashKey[bool]()
BEGUN = time.monotonic()
KEPT = os.environ.get("TESTBED_E2E_FOLDER")
_TURNS = ("host", "cloud")
_USUAL = 4.0  # minutes a test takes at most
_TRIAL, _CLOUD, _SOUND = 3600.0, 7200.0, 120.0  # seconds; a slow day took 95 min for a cloud


@dataclass
class Cli:
    """The command line in folders of its own; images are shared with the user."""

    folder: Path
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        own = {"XDG_DATA_HOME": self.folder / "data", "XDG_STATE_HOME": self.folder / "state"}
        self.env = {**os.environ, **{key: str(path) for key, path in own.items()}}

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a command and return its process."""
        return subprocess.Popen(
            [str(TESTBED), *argv],
            env=self.env,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *argv: str, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
        """Return what a command printed, whatever its exit status."""
        process = self.start(*argv)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def must(self, *argv: str, timeout: float = 1500) -> str:
        """Return what a command printed; it must succeed."""
        done = self.run(*argv, timeout=timeout)
        assert done.returncode == 0, f"testbed {' '.join(argv)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *argv: str) -> Any:
        """Return what a command printed as JSON."""
        return json.loads(self.must(*argv, "--json"))

    def sound(self, name: str) -> Seen:
        """Return whether a look at all of a testbed finds nothing wrong, and what it showed."""
        done = self.run("status", "--check", "--name", name, timeout=300)
        return Seen(done.returncode == 0, done.stdout + done.stderr)

    def guest(self, name: str, machine: str, command: str, timeout: float = 120) -> str:
        """Return what a shell command prints in a machine; it must succeed."""
        argv = ("exec", machine, "--name", name, "--", "sh", "-c", command)
        return self.must(*argv, timeout=timeout)

    def until(self, name: str, machine: str, command: str, seconds: float = 60) -> None:
        """Wait until a shell command succeeds in a machine."""

        def look() -> Seen:
            done = self.run("exec", machine, "--name", name, "--", "sh", "-c", command)
            return Seen(done.returncode == 0, done.stdout + done.stderr)

        wait_until(f"{machine}: {command}", look, timeout=seconds, every=1.0)

    def let_all_sleep(self, but: str = "") -> None:
        """Suspend every testbed of this run but one; a user's own, which libvirt shows, goes on."""
        for testbed in self.json("status"):
            if testbed["name"] != but and self.state(testbed["name"]).exists():
                self.must("suspend", "--name", testbed["name"])

    def end_lab(self, name: str) -> None:
        """End a lab that a test left going on, if one did: `up` refuses its testbed."""
        self.run("lab", "finish", "--give-up", "--name", name)

    def mend(self, name: str, stage: str) -> None:
        """Put a testbed back to a stage, whatever a test left in it."""
        self.end_lab(name)
        self.must("checkpoint", "restore", stage, "--name", name)

    def away(self, name: str) -> None:
        """Remove a testbed of this run's, unless whoever runs the tests goes on with it."""
        if not KEPT:
            self.must("down", "--forget", "--name", name)

    @contextmanager
    def doors(self, name: str) -> Iterator[Session]:
        """Open the doors that probes go through, as the commands do."""
        folders = Folders(
            cache=Folders.of_user().cache,
            data=self.folder / "data" / "testbed",
            state=self.folder / "state" / "testbed",
        )
        with Host.open() as host:
            plan = observe.get(host, folders, name).plan
        with session(plan, keys.read(folders, plan)) as doors:
            yield doors

    def state(self, name: str) -> Path:
        """Return where a testbed's keys and records are."""
        return self.folder / "state" / "testbed" / name

    def disks(self, name: str) -> Path:
        """Return where a testbed's disks are."""
        return self.folder / "data" / "testbed" / name

    def kept(self, name: str) -> Path:
        """Return where `down` keeps a testbed."""
        return self.folder / "data" / "testbed" / "kept" / name


def may_mount() -> bool:
    """Return whether we may mount a disk; root in many a container may not."""
    asked = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and asked.returncode == 0


def minutes_left() -> float:
    """Return how many minutes are left of those that all of it may take."""
    limit = float(os.environ.get("TESTBED_E2E_MINUTES") or "inf")
    return limit - (time.monotonic() - BEGUN) / 60


def must_have_left(minutes: float) -> None:
    """Leave out the test at hand where fewer minutes are left than it may need."""
    left = minutes_left()
    if left < minutes:
        pytest.skip(f"{max(0, left):.0f} minutes are left, and it may need {minutes:g}")


@pytest.fixture(scope="session")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(Path(KEPT) if KEPT else tmp_path_factory.mktemp("e2e"))


@pytest.fixture(scope="session")
def aolda(cli: Cli) -> Iterator[str]:
    """The network of the topology `aolda`, raised once; its checkpoint is the way back."""
    name = "e2e-aolda"
    cli.end_lab(name)
    cli.must("up", "aolda", "--name", name, "--to", "network")
    yield name
    cli.away(name)


@pytest.fixture(scope="session")
def stored(cli: Cli, aolda: str) -> str:
    """The testbed `aolda`, raised further once tests of its network are over."""
    cli.end_lab(aolda)
    cli.must("up", "aolda", "--name", aolda)
    return aolda


@pytest.fixture(scope="session")
def cloud_image(cli: Cli, request: pytest.FixtureRequest) -> Iterator[None]:
    """The cloud's image, built meanwhile where a test to come wants it.

    Labs of the network leave most of a processor idle.
    """
    wanted = (item for item in request.session.items if item.get_closest_marker("skip") is None)
    if not any("small_cloud" in getattr(item, "fixturenames", ()) for item in wanted):
        yield
        return
    argv = ["nice", "-n", "19", str(TESTBED), "image", "build", "cloud"]
    log = cli.folder / "cloud-image.log"  # where it fails, `up` tells
    with log.open("w") as told, subprocess.Popen(argv, stdout=told, stderr=told) as building:
        yield
        building.terminate()  # whoever wanted it has waited for it


@contextmanager
def alone_up(cli: Cli, topology: str, name: str, minutes: float = 0.0) -> Iterator[str]:
    """Raise a topology with all that it has around the block; other testbeds sleep.

    Where all of it may take so long and no longer, its tests are left out where so many minutes
    are not left for them, and where it is not up when all are over.
    """
    must_have_left(minutes)
    cli.let_all_sleep(but=name)
    try:
        cli.must("up", topology, "--name", name, timeout=min(_CLOUD, minutes_left() * 60))
    except subprocess.TimeoutExpired:
        cli.away(name)
        if minutes_left() <= 0:
            pytest.skip(f"`testbed up {topology}` had not ended when all minutes were over")
        raise
    yield name
    cli.away(name)


@pytest.fixture(scope="module")
def compact(cli: Cli) -> Iterator[str]:
    """The topology `aolda-cloud-compact`, raised once; it makes room for the next."""
    with alone_up(cli, "aolda-cloud-compact", "e2e-compact") as name:
        yield name


@pytest.fixture(scope="session")
def cloud(cli: Cli) -> Iterator[str]:
    """The topology `aolda-cloud`, raised once."""
    with alone_up(cli, "aolda-cloud", "e2e-cloud") as name:
        yield name


@pytest.fixture
def tenant(cli: Cli, cloud: str) -> Tenant:
    return Tenant(cli, cloud)


@pytest.fixture
def ceph(cli: Cli, stored: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The running testbed with Ceph; one that a test failed on is restored for the next."""
    yield stored
    if request.node.stash.get(FAILED, False):
        cli.mend(stored, "storage")


@pytest.fixture(scope="session")
def small(cli: Cli) -> Path:
    """A topology of one node, one switch and a router, for tests that raise it many times."""
    return HERE / "small.yaml"


@pytest.fixture(scope="module")
def alone(cli: Cli) -> None:
    """Let the big testbed sleep: emulated machines that idle cost the others their speed."""
    cli.let_all_sleep()


@pytest.fixture
def healthy(cli: Cli, aolda: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The running testbed; a test that fails leaves its mess to a restore, not to the next test."""
    yield aolda
    if request.node.stash.get(FAILED, False):
        cli.mend(aolda, "network")


def try_briefly(cli: Cli, testbed: str, lab: str) -> None:
    """Try a lab on a sound testbed: it does what it says, keeps nothing, and leaves all sound."""
    proof = HERE.parents[1] / "labs" / lab / "proof.json"
    before = proof.read_bytes() if proof.exists() else None
    told = cli.must("lab", "prove", lab, "--brief", "--name", testbed, timeout=_TRIAL)
    assert f"lab '{lab}' did what it says in a brief trial" in told
    assert "left out: wrong fix" in told
    assert (proof.read_bytes() if proof.exists() else None) == before
    # Just after a restore Ceph may still tell of the step of the clocks.
    wait_until("a sound testbed", lambda: cli.sound(testbed), timeout=_SOUND, every=5.0)
    assert cli.json("lab", "status", "--name", testbed) is None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests of a group whose turn it is not."""
    turn = os.environ.get("TESTBED_E2E_TURN")
    if turn and turn not in _TURNS:
        raise pytest.UsageError(f"TESTBED_E2E_TURN is '{turn}', not one of: {', '.join(_TURNS)}")
    for item in items:
        own = item.get_closest_marker("turn")
        if turn and own and own.args[0] != turn:
            why = f"it is the turn of '{turn}', and this is one of '{own.args[0]}'"
            item.add_marker(pytest.mark.skip(reason=why))
    # Ours heed the minutes that are left, so whatever else there is comes before them.
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test that would not end in time."""
    marked = item.get_closest_marker("minutes")
    must_have_left(marked.args[0] if marked else _USUAL)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember that a test failed; collect every testbed's logs into a folder named after it."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    if report.when == "call" and not report.skipped:
        item.config.stash[RAN] = True
    if report.failed and "cli" in getattr(item, "funcargs", {}):
        folder = FAILURES / item.name
        folder.mkdir(parents=True, exist_ok=True)
        _collect(item.funcargs["cli"], folder)  # type: ignore[attr-defined]
        report.sections.append(("logs", f"collected in {folder}"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that left out every test of ours: that all is well is what nobody looked at."""
    ours = [item for item in session.items if HERE in item.path.parents]
    passed = session.exitstatus == pytest.ExitCode.OK and not session.config.option.collectonly
    if passed and ours and not session.config.stash.get(RAN, False):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nerror: none of the tests on real machines was run: all were left out")


def _collect(cli: Cli, folder: Path) -> None:
    found = cli.run("status", "--json")
    for testbed in json.loads(found.stdout or "[]"):
        done = cli.run("logs", "collect", "--name", testbed["name"], timeout=300)
        logs = Path(done.stdout.strip())
        if done.returncode == 0 and logs.is_dir():
            shutil.copytree(logs, folder / testbed["name"], dirs_exist_ok=True)
