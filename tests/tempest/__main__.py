"""`make tempest`: OpenStack's own test suite judges the testbed's cloud.

The smoke tests of identity, image, network, compute and volume run on this computer, through
`testbed open proxy`, against a testbed of their own: TOPOLOGY in the environment, `aolda-cloud` if
not. With NAME it is one that is up already. Tests make instances, users and networks, and remove
them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from outcome import Outcome, outcomes, table
from settings import Judged, tempest_conf

OWN = "tempest"
SMOKE = r"^tempest\.api\.(identity|image|network|compute|volume)\..*smoke"
BIN = Path(sys.executable).parent
WAY = Path(__file__).parent / "way"
RECORD = Path("failures") / "tempest"  # what is kept of the last run


def testbed(*argv: str) -> str:
    """Return what testbed prints; what it says of its work is seen by everybody."""
    done = subprocess.run([str(BIN / "testbed"), *argv], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"testbed {' '.join(argv)}: exit status {done.returncode}")
    return done.stdout


@contextmanager
def raised() -> Iterator[str]:
    """Yield the testbed to judge; one that was raised for it is gone afterwards."""
    if given := os.environ.get("NAME"):
        yield given
        return
    try:
        testbed("up", os.environ.get("TOPOLOGY") or "aolda-cloud", "--name", OWN)
        yield OWN
    finally:
        testbed("down", "--forget", "--name", OWN)


@contextmanager
def reached(name: str, clouds: Path) -> Iterator[str]:
    """Write clouds.yaml and yield where the proxy listens that leads to its APIs."""
    argv = [str(BIN / "testbed"), "open", "proxy", "--name", name, "--clouds-yaml", str(clouds)]
    proxy = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        told = next((line for line in proxy.stdout or () if line.startswith("export ")), None)
        if told is None:
            raise SystemExit(f"no way to the APIs of '{name}'")
        yield told.partition("://")[2].strip()
    finally:
        proxy.terminate()
        proxy.wait()


def judged(name: str, clouds: Path) -> Judged:
    """Return the cloud as its administrator sees it."""

    def ask(*words: str) -> Any:
        return json.loads(testbed("openstack", "--admin", "--name", name, *words, "-f", "json"))

    cloud = yaml.safe_load(clouds.read_text())["clouds"]["testbed-admin"]
    auth = cloud["auth"]
    return Judged(
        auth_url=auth["auth_url"],
        username=auth["username"],
        password=auth["password"],
        project_name=auth["project_name"],
        region=cloud["region_name"],
        image=ask("image", "show", "tiny")["id"],
        flavor=ask("flavor", "show", "tiny")["id"],
        outside=ask("network", "show", "outside")["id"],
        computes=len(ask("hypervisor", "list")),
    )


def judge(name: str, folder: Path) -> tuple[Outcome, ...]:
    """Run the smoke tests in a workspace of their own; return what each came to."""
    clouds, place = folder / "clouds.yaml", folder / "work"
    conf, found = place / "etc" / "tempest.conf", place / "etc" / "found.conf"
    with reached(name, clouds) as proxy:
        env = {**os.environ, "PYTHONPATH": str(WAY), "TESTBED_SOCKS": proxy}

        def tempest(*words: str) -> None:
            subprocess.run([str(BIN / "tempest"), *words], cwd=place, env=env, check=False)

        place.mkdir()
        tempest("init", ".")
        conf.write_text(tempest_conf(judged(name, clouds), place))
        tempest("verify-config", "--update", "--replace-ext", "--output", str(found))
        found.replace(conf)
        tempest("run", "--serial", "--regex", os.environ.get("TESTS") or SMOKE)
    return outcomes(kept(place))


def kept(place: Path) -> Path:
    """Keep the log and the record of the last run; return the record."""
    RECORD.mkdir(parents=True, exist_ok=True)
    shutil.copy(place / "tempest.log", RECORD)
    stream = RECORD / "tests.subunit"
    with stream.open("wb") as record:
        last = [str(BIN / "stestr"), "last", "--subunit"]
        subprocess.run(last, cwd=place, stdout=record, check=False)
    return stream


def main() -> int:
    """Print what came of every API, and return an exit status."""
    with raised() as name, tempfile.TemporaryDirectory(prefix="tempest-") as folder:
        found = judge(name, Path(folder))
    print(table(found))
    print(f"log and record: {RECORD}")
    return 0 if found and all(each.passed or each.skipped for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
