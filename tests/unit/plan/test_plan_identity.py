"""Identity comes from names; a changed scheme would make every existing testbed a stranger."""

import ipaddress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.errors import StateError
from testbed.plan.identity import free_loopback, loopback_candidates, stable_mac, stable_uuid

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,23}", fullmatch=True)


def test_macs_are_what_they_have_always_been():
    assert stable_mac("aolda", "node1", "eno1") == "52:54:57:ac:2c:39"
    assert stable_mac("aolda", "router", "wan0") == "52:54:77:c4:21:f4"


def test_uuids_are_what_they_have_always_been():
    assert stable_uuid("aolda", "machine", "node1") == UUID("4b641d2b-ee80-5a6e-ba3e-e4ccc07a37e3")
    assert stable_uuid("aolda", "pool") == UUID("8c1a58ef-3511-58e6-b167-f11bcf204d6e")


def test_loopback_addresses_are_what_they_have_always_been():
    assert list(loopback_candidates("aolda"))[:3] == [
        "127.94.176.216",
        "127.135.252.246",
        "127.68.98.74",
    ]


@given(NAMES, NAMES)
def test_a_mac_is_locally_administered_and_of_one_machine(testbed: str, machine: str):
    first = int(stable_mac(testbed, machine, "eno1").split(":")[0], 16)
    assert (first & 0b10, first & 0b01) == (0b10, 0)


@given(NAMES)
def test_loopback_addresses_are_clear_of_what_others_use(testbed: str):
    found = [ipaddress.IPv4Address(each) for each in loopback_candidates(testbed)]
    assert all(address.is_loopback for address in found)
    assert not any(address in ipaddress.IPv4Network("127.0.0.0/10") for address in found)
    assert all(address.packed[3] not in (0, 255) for address in found)
    assert len(found) == len(set(found))


def test_a_taken_loopback_address_is_passed_over():
    first, second, *_ = loopback_candidates("lab")
    assert free_loopback("lab", ()) == first
    assert free_loopback("lab", {first}) == second


def test_a_testbed_for_which_no_address_is_left_is_refused():
    with pytest.raises(StateError) as caught:
        free_loopback("lab", set(loopback_candidates("lab")))
    assert list(caught.value.lines()) == [
        "error: no loopback address is free for testbed 'lab'",
        "  why: every candidate belongs to another testbed",
        " next: choose another --name, or see what is running: testbed status",
    ]
