"""How steps ask OpenStack: what is there is not made again, and what is busy is asked again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

from testbed.deploy.step import Timing
from testbed.errors import DeployError, GuestError, WaitTimeout
from testbed.guest import CommandTimeout, ConnectionLost, NothingAnswers, Unreachable
from testbed.probe.cloud.ask import Api, CloudRefused
from testbed.wait import Seen, wait_until

T = TypeVar("T")

CONFLICT = 409
BUSY = 500  # from here on it is the service that has trouble, not the question
_PATIENCE, _EVERY = 300.0, 5.0  # seconds


@contextmanager
def step(timing: Timing, machine: str, name: str) -> Iterator[None]:
    """Time the block as a step; what OpenStack refuses in it is a `DeployError` that names it."""
    with timing(machine, name):
        try:
            yield
        except (GuestError, WaitTimeout) as error:
            raise DeployError(
                f"step '{name}' failed: {error.what}",
                why=f"{error.why}; nothing after this step was run",
                next_step=error.next_step,
            ) from error


def patiently(act: Callable[[], T]) -> T:
    """Return what the act gives, once the services have no trouble of their own with it.

    It is done again from its beginning. Raises what it raises otherwise, and `WaitTimeout`.
    """
    done: list[T] = []

    def look() -> Seen:
        done.append(act())
        return Seen(True, "done")

    wait_until(
        "OpenStack's answer",
        lambda: patient(look),
        timeout=_PATIENCE,
        every=_EVERY,
        next_step="see what does not run: testbed status --check",
    )
    return done[0]


def patient(look: Callable[[], Seen]) -> Seen:
    """Return what a look sees; that a service has trouble of its own is something seen, too.

    A machine that was out of reach, or too busy to answer in time, is asked once more.
    """
    try:
        return _heard(look)
    except (Unreachable, ConnectionLost, CommandTimeout):
        return _heard(look)


def _heard(look: Callable[[], Seen]) -> Seen:
    try:
        return look()
    except NothingAnswers as error:
        return Seen(False, error.in_one_line)
    except CloudRefused as error:
        if error.status < BUSY:
            raise
        return Seen(False, error.in_one_line)


def find(api: Api, service: str, path: str, **where: str) -> Any | None:
    """Return the first thing of a collection with those values, or None."""
    many = path.rpartition("/")[2].replace("-", "_")
    if path.endswith("/detail"):
        many = path.split("/")[-2]
    told = api.get(service, f"{path}?{urlencode(where)}")
    return next(
        (each for each in told[many] if all(each.get(k) == v for k, v in where.items())), None
    )


def ensure(
    api: Api, service: str, path: str, kind: str, values: Any, **where: str
) -> tuple[Any, bool]:
    """Return the thing of a collection with those values, and whether it was made now."""
    found = find(api, service, path, **where)
    if found is not None:
        return found, False
    return api.must("POST", service, path, {kind: {**where, **values}})[kind], True
