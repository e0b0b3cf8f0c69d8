"""Sentinels: what is planted before the fault, and must be there after the repair."""

from typing import Annotated, Literal

from pydantic import Field

from testbed.lab.format.common import LabPart, MachineName, PoolName


class Objects(LabPart):
    """Objects in a pool, whose SHA-256 sums are kept on the host."""

    type: Literal["objects"]
    source: Annotated[MachineName, Field(alias="from")]
    pool: PoolName
    count: Annotated[int, Field(ge=1, le=256)] = 16
    size: Annotated[int, Field(ge=1, le=4 * 2**20, description="bytes of each")] = 65536


class ClusterIdentity(LabPart):
    """The cluster's fsid: a cluster made anew has another."""

    type: Literal["fsid"]
    source: Annotated[MachineName, Field(alias="from")]


class SequenceWriter(LabPart):
    """A client that writes number after number; what was acknowledged must be there."""

    type: Literal["writer"]
    source: Annotated[MachineName, Field(alias="from")]
    pool: PoolName


Sentinel = Annotated[Objects | ClusterIdentity | SequenceWriter, Field(discriminator="type")]
