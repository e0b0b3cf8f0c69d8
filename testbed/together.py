"""Acting on several machines at once."""

from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

from testbed.errors import TestbedError

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


def both(one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    """Return what two acts give that go on at the same time; errors as of `side_by_side`."""
    first: list[A] = []
    second: list[B] = []
    acts: tuple[Callable[[], None], ...] = (
        lambda: first.append(one()),
        lambda: second.append(other()),
    )
    side_by_side(acts, lambda act: act())
    return first[0], second[0]


def side_by_side(items: Iterable[A], act: Callable[[A], T]) -> tuple[T, ...]:
    """Return what `act` gives for each item, all of them at once.

    Where some fail, the first error in time is raised once all have ended, a bug before any
    `TestbedError`. An interrupt waits for none of them: their threads end with the process.
    """
    results: dict[int, T] = {}
    errors: list[BaseException] = []  # in the order of time: the first is the cause

    def attempt(place: int, item: A) -> None:
        try:
            results[place] = act(item)
        except BaseException as error:  # raised below, by the thread that asked
            errors.append(error)

    threads = [
        Thread(target=attempt, args=(place, item), daemon=True) for place, item in enumerate(items)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in sorted(errors, key=lambda e: isinstance(e, TestbedError)):
        raise error
    return tuple(results[place] for place in range(len(threads)))
