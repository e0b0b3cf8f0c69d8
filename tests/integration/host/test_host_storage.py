"""Pools and volumes, on libvirt's test driver, which makes no files."""

import uuid
from pathlib import Path

import pytest

from testbed.errors import HostError
from testbed.host import Host, Pool

KEY = uuid.UUID("3b1f0d5e-7c67-5a52-9a3b-0d9d6c0d2a31")
OTHER = uuid.UUID("3b1f0d5e-7c67-5a52-9a3b-0d9d6c0d2a32")
FOLDER = Path("/nowhere/testbed-a")


@pytest.fixture
def empty_pool(empty_host: Host) -> Pool:
    return empty_host.ensure_pool("testbed-a", KEY, FOLDER)


def test_a_pool_is_made_once(empty_host: Host, empty_pool: Pool) -> None:
    assert empty_host.ensure_pool("testbed-a", KEY, FOLDER) == empty_pool
    assert empty_host.find_pool("testbed-a", KEY) == Pool("testbed-a", KEY, FOLDER)


def test_a_pool_that_is_not_there_is_none(empty_host: Host) -> None:
    assert empty_host.find_pool("testbed-a", KEY) is None


def test_a_pool_of_our_name_and_another_uuid_is_left_alone(
    empty_host: Host, empty_pool: Pool
) -> None:
    for touch in (
        lambda: empty_host.find_pool("testbed-a", OTHER),
        lambda: empty_host.ensure_pool("testbed-a", OTHER, FOLDER),
        lambda: empty_host.delete_pool("testbed-a", OTHER),
    ):
        with pytest.raises(HostError, match="not made by testbed"):
            touch()
    assert empty_host.find_pool("testbed-a", KEY) == empty_pool


def test_a_pool_in_another_folder_is_refused(empty_host: Host, empty_pool: Pool) -> None:
    with pytest.raises(HostError, match="is in '/nowhere/testbed-a', not in '/elsewhere'"):
        empty_host.ensure_pool("testbed-a", KEY, Path("/elsewhere"))


def test_volumes_are_listed_in_order_and_deleted_twice(empty_host: Host, empty_pool: Pool) -> None:
    empty_host.create_disk(empty_pool, "b.qcow2", 64)
    made = empty_host.create_overlay(empty_pool, "a.qcow2", 64, Path("/images/base.qcow2"))
    assert made.backing == Path("/images/base.qcow2")
    names = [volume.name for volume in empty_host.list_volumes(empty_pool)]
    assert names == ["a.qcow2", "b.qcow2"]
    empty_host.delete_volume(empty_pool, "a.qcow2")
    empty_host.delete_volume(empty_pool, "a.qcow2")
    assert [volume.name for volume in empty_host.list_volumes(empty_pool)] == ["b.qcow2"]


def test_a_volume_is_never_made_over_another(empty_host: Host, empty_pool: Pool) -> None:
    empty_host.create_disk(empty_pool, "a.qcow2", 64)
    with pytest.raises(HostError, match=r"cannot make volume 'a\.qcow2'"):
        empty_host.create_disk(empty_pool, "a.qcow2", 64)


def test_a_pool_goes_with_everything_in_it(empty_host: Host, empty_pool: Pool) -> None:
    empty_host.create_disk(empty_pool, "a.qcow2", 64)
    empty_host.delete_pool("testbed-a", KEY)
    empty_host.delete_pool("testbed-a", KEY)
    assert empty_host.find_pool("testbed-a", KEY) is None
