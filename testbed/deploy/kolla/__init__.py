"""OpenStack by kolla-ansible, as Aolda runs it: the files it needs, for you to run it with.

They are written against kolla-ansible's own code, which the tests run as far as it goes without
machines.
"""

from testbed.deploy.kolla.files import files
from testbed.deploy.kolla.release import NOT_RUN, RELEASE, REQUIREMENT

__all__ = ["NOT_RUN", "RELEASE", "REQUIREMENT", "files"]
