"""What is needed, what there is, and what would fit: the refusal is pinned to the letter."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from lab import planned

from testbed.apply.budget import Budget, free, must_fit, needs
from testbed.errors import HostError
from testbed.host import HostFacts

AOLDA = planned(Path("/var/lib/testbed/lab"), "aolda")
FLAT = planned(Path("/var/lib/testbed/lab"), "aolda-flat")


def variants():
    return [(name, needs(made.machines, "qemu")) for name, made in SHIPPED]


SHIPPED = [("aolda", AOLDA), ("aolda-flat", FLAT)]
PLENTY = Budget(64 * 1024, 500 * 1024, 8)


def refusal(have: Budget) -> list[str]:
    with pytest.raises(HostError) as caught:
        must_fit("lab", needs(AOLDA.machines, "qemu"), have, variants)
    return list(caught.value.lines())


def test_a_testbed_needs_its_guests_memory_and_its_emulators():
    disk = 6 * 700 + 3 * 6 * 1024  # what the machines write, and three OSDs when they are full
    assert needs(AOLDA.machines, "qemu") == Budget(3 * 320 + 3 * 1536 + 6 * 280, disk, 1)
    large = (replace(AOLDA.machines[0], memory_mib=size, disks=()) for size in (2048, 8192))
    assert needs(large, "qemu").memory_mib == 2048 + 512 + 24 + 8192 + 1024 + 24
    assert needs(AOLDA.machines, "kvm") == Budget(3 * 320 + 3 * 1536 + 6 * 60, disk, 1)


def test_nothing_needs_nothing():
    assert needs((), "kvm") == Budget(0, 0, 0)


def test_a_host_with_just_enough_is_enough():
    need = needs(AOLDA.machines, "qemu")
    must_fit("lab", need, need, variants)


def test_the_variants_are_asked_for_only_on_refusal():
    def never():
        raise AssertionError

    must_fit("lab", needs(AOLDA.machines, "qemu"), PLENTY, never)


def test_a_refusal_says_need_have_and_the_variant_that_fits():
    assert refusal(Budget(7000, 500 * 1024, 8)) == [
        "error: testbed 'lab' does not fit this host, so nothing was created",
        "  why: it needs 7.1 GiB of memory, 22.1 GiB of disk and 1 CPU; "
        "the host has 6.8 GiB of memory, 500.0 GiB of disk and 8 CPUs free",
        " next: run the smaller one, which needs 5.6 GiB of memory, 4.1 GiB of disk and 1 CPU: "
        "testbed up aolda-flat",
    ]


def test_a_refusal_where_nothing_fits_says_what_to_do():
    assert refusal(Budget(1024, 10 * 1024, 2)) == [
        "error: testbed 'lab' does not fit this host, so nothing was created",
        "  why: it needs 7.1 GiB of memory, 22.1 GiB of disk and 1 CPU; "
        "the host has 1.0 GiB of memory, 10.0 GiB of disk and 2 CPUs free",
        " next: free some, or stop another testbed: testbed status",
    ]


def test_the_largest_variant_that_fits_is_named():
    small, middle = ("small", Budget(512, 100, 1)), ("middle", Budget(2048, 100, 1))
    with pytest.raises(HostError) as caught:
        must_fit("lab", PLENTY, Budget(4096, 1000, 1), lambda: [small, middle])
    assert caught.value.next_step.endswith(": testbed up middle")


def test_none_that_needs_more_of_anything_is_proposed():
    other = ("crowded", Budget(50, 500, 1))
    with pytest.raises(HostError) as caught:
        must_fit("lab", Budget(100, 100, 2), Budget(60, 900, 8), lambda: [other])
    assert "crowded" not in caught.value.next_step


@pytest.mark.parametrize("have", [Budget(1, 9999, 99), Budget(9999, 1, 99), Budget(9999, 9999, 1)])
def test_each_of_memory_disk_and_cpus_can_refuse(have):
    with pytest.raises(HostError):
        must_fit("lab", Budget(100, 100, 2), have, lambda: [])


def test_what_is_free_is_asked_where_the_disks_will_be(tmp_path: Path, monkeypatch):
    facts = HostFacts("test", "x86_64", 4, 8192, 4096, None, (10, 0, 0), (11, 0, 0))
    disks = {tmp_path: SimpleNamespace(free=7 * 2**20)}
    monkeypatch.setattr(shutil, "disk_usage", disks.__getitem__)
    assert free(facts, tmp_path / "not" / "yet" / "there") == Budget(4096, 7, 4)
    assert not (tmp_path / "not").exists()
