"""Which kolla-ansible the files are for, and what nobody has done with them yet."""

RELEASE = "2026.1"  # the first whose checks accept Debian 13, which nodes run
REQUIREMENT = "kolla-ansible>=22,<23"  # of that release
NOT_RUN = (
    "The provider 'kolla' was checked with kolla-ansible's own code, but nobody has deployed "
    "OpenStack with its files yet."
)
