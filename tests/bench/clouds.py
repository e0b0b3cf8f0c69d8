"""OpenStack: what raising it takes step by step, and what a tenant waits for once it is there."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import report
from measure import NAME, TESTBED, Timing, run, scratch_home, timed
from raising import deploying, recorded

_ROUNDS = 3
_WORTH_TELLING = 10.0  # seconds of a step
_GIVEN = os.environ.get("NAME")
_TOPOLOGY = os.environ.get("TOPOLOGY") or "aolda-cloud-compact"
_POSTED = re.compile(r"POST \S+/auth/tokens\D*?([0-9.]+)")


def measure() -> None:
    """Measure a cloud and write the table into the READMEs.

    It is raised from nothing, or NAME in the environment says which testbed was, from TOPOLOGY.
    """
    if _GIVEN and not os.environ.get("TOPOLOGY"):
        raise SystemExit(f"say what '{_GIVEN}' was raised from: TOPOLOGY=…")
    with nullcontext(_GIVEN) if _GIVEN else raised() as name:
        named = ("--name", name)
        steps = deploying([recorded(name)], "cloud: ")
        if not steps:
            raise SystemExit(f"'{name}' was restored since it was raised: nobody timed its steps")
        rows = [step for step in steps if step.median >= _WORTH_TELLING]
        figures = memory(named)
        rows += living(named)
    report.write("bench-cloud", f"`{_TOPOLOGY}`:\n\n{report.table(rows, figures)}")


@contextmanager
def raised() -> Iterator[str]:
    """Yield the name of a testbed that is raised for it, and gone afterwards."""
    with scratch_home():
        run(TESTBED, "up", _TOPOLOGY, "--name", NAME)
        yield NAME


def living(named: tuple[str, str]) -> list[Timing]:
    """Measure a restore, a token, and an instance until it runs."""
    restores, tokens, instances = [], [], []
    for _ in range(_ROUNDS):
        restores.append(timed(TESTBED, "checkpoint", "restore", "cloud", *named))
        tokens.append(token(named))
        wanted = ("--flavor", "tiny", "--image", "tiny", "--network", "club", "--wait", "bench")
        instances.append(timed(TESTBED, "openstack", *named, "server", "create", *wanted))
    run(TESTBED, "checkpoint", "restore", "cloud", *named)
    return [
        Timing("checkpoint restore cloud, until a tenant can start an instance", tuple(restores)),
        Timing("a token, asked for by OpenStack's client", tuple(tokens)),
        Timing("server create, from an image in Ceph, until it is ACTIVE", tuple(instances)),
    ]


def token(named: tuple[str, str]) -> float:
    """Return the seconds keystone's answer takes, the way there through a node included."""
    run(TESTBED, "openstack", *named, "token", "issue")  # the one that is measured finds it warm
    told = run(TESTBED, "openstack", *named, "token", "issue", "--timing")
    found = _POSTED.search(told)
    if found is None:
        raise SystemExit(f"no request for a token in:\n{told}")
    return float(found[1])


def memory(named: tuple[str, str]) -> list[str]:
    """Return a row for each service of node1: what its processes hold in memory."""
    told = run(TESTBED, "exec", "node1", *named, "--", "ps", "-eo", "unit=,rss=")
    held: Counter[str] = Counter()
    for line in told.splitlines():
        unit, _, kib = line.rpartition(" ")
        if unit.strip().endswith(".service"):
            held[unit.strip().removesuffix(".service")] += int(kib)
    large = [(unit, kib // 1024) for unit, kib in held.most_common() if kib >= 20 * 1024]
    return [f"| memory of {unit}, node1 | {mib} MiB | |" for unit, mib in large]
