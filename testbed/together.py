"""Acting on several machines at once."""

from collections.abc import Callable, Iterable
from threading import Semaphore, Thread
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


def side_by_side(
    items: Iterable[A], act: Callable[[A], T], *, at_once: int | None = None
) -> tuple[T, ...]:
    """Return what `act` gives for each item, all of them at once.

    With `at_once` no more than so many: they begin in order, and none after one has failed.
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
        finally:
            room.release()

    threads = [
        Thread(target=attempt, args=(place, item), daemon=True) for place, item in enumerate(items)
    ]
    room, begun = Semaphore(at_once or len(threads)), list[Thread]()
    for thread in threads:
        room.acquire()
        if errors and at_once:
            break
        thread.start()
        begun.append(thread)
    for thread in begun:
        thread.join()
    for error in sorted(errors, key=lambda e: isinstance(e, TestbedError)):
        raise error
    return tuple(results[place] for place in range(len(threads)))
