"""Several machines at once: what comes back, and which error is told."""

import signal
import threading

import pytest

from testbed.errors import HostError
from testbed.together import both, side_by_side

NAMES = ("sw1", "router", "node1", "node2", "node3")


def test_results_come_in_the_order_of_the_items() -> None:
    late = threading.Event()

    def act(name: str) -> str:
        if name == "node3":
            late.set()
        late.wait(10)
        return name.upper()

    assert side_by_side(NAMES, act) == tuple(name.upper() for name in NAMES)


def test_both_go_on_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=10)
    assert both(lambda: meet.wait() < 2, lambda: str(meet.wait() < 2)) == (True, "True")


def test_of_nothing_comes_nothing() -> None:
    assert side_by_side((), str) == ()
    assert side_by_side((), str, at_once=2) == ()


def test_no_more_go_on_at_once_than_may_and_they_begin_in_order() -> None:
    meet, began, busy, most = threading.Barrier(2, timeout=10), [], set(), []

    def act(number: int) -> int:
        began.append(number)
        busy.add(number)
        most.append(len(busy))
        meet.wait()
        busy.discard(number)
        return number

    assert side_by_side(range(6), act, at_once=2) == tuple(range(6))
    assert [set(began[one : one + 2]) for one in (0, 2, 4)] == [{0, 1}, {2, 3}, {4, 5}]
    assert max(most) == 2


def test_where_not_all_go_on_at_once_none_begins_after_a_failure() -> None:
    began = []

    def act(name: str) -> None:
        began.append(name)
        if name == "router":
            raise HostError("router stopped")

    with pytest.raises(HostError, match="router stopped"):
        side_by_side(NAMES, act, at_once=1)
    assert began == ["sw1", "router"]


def test_the_first_error_in_time_is_the_one_that_is_told() -> None:
    """The router dies, and then everybody else waits for it in vain."""
    router: list[threading.Thread] = []
    known = threading.Event()

    def act(name: str) -> None:
        if name == "router":
            router.append(threading.current_thread())
            known.set()
            raise HostError("router stopped")
        known.wait(10)
        router[0].join(10)
        raise HostError(f"{name}: no route")

    with pytest.raises(HostError, match="router stopped"):
        side_by_side(NAMES, act)


def test_one_failure_lets_the_others_come_to_an_end() -> None:
    ended = []

    def act(name: str) -> None:
        if name == "sw1":
            raise HostError("sw1 stopped")
        ended.append(name)

    with pytest.raises(HostError):
        side_by_side(NAMES, act)
    assert sorted(ended) == sorted(NAMES[1:])


def test_a_bug_does_not_hide_behind_a_refusal() -> None:
    def act(name: str) -> None:
        raise KeyError(name) if name == "node3" else HostError(name)

    with pytest.raises(KeyError, match="node3"):
        side_by_side(NAMES, act)


def test_an_interrupt_does_not_wait_for_the_others() -> None:
    over = threading.Event()

    def act(name: str) -> None:
        if name == "node1":
            signal.raise_signal(signal.SIGINT)
        over.wait(10)

    # Whoever starts the tests in the background hands down an interrupt that is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            side_by_side(NAMES, act)
    finally:
        signal.signal(signal.SIGINT, before)
        over.set()
