"""Ceph from the snap MicroCeph, as Aolda runs it."""

from testbed.deploy.microceph.provider import deploy

NOT_RUN = (
    "The provider 'microceph' was written against MicroCeph's documented commands and has not "
    "been run on a real cluster."
)

__all__ = ["NOT_RUN", "deploy"]
