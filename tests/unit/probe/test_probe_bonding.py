"""The kernel's account of a bond → what differs from the plan."""

import proc_bonding
import pytest

from testbed.plan.models import Bond
from testbed.probe.bonding import BondState, Member, parse, problems, verdicts
from testbed.topology.models import BondMode

BACKUP = Bond("bond0", "52:54:00:00:00:01", ("eno1", "eno2"), BondMode.ACTIVE_BACKUP, 9000)
LACP = Bond("bond1", "52:54:00:00:00:02", ("eno3", "eno4"), BondMode.LACP, 1500)


def test_an_active_backup_bond_is_read():
    assert parse(proc_bonding.ACTIVE_BACKUP) == BondState(
        mode="fault-tolerance (active-backup)",
        active="eno1",
        partner="",
        members=(Member("eno1", True, ""), Member("eno2", True, "")),
    )


def test_an_lacp_bond_is_read():
    assert parse(proc_bonding.lacp()) == BondState(
        mode="IEEE 802.3ad Dynamic link aggregation",
        active="",
        partner="52:54:aa:bb:cc:dd",
        members=(Member("eno3", True, "1"), Member("eno4", True, "1")),
    )


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        (BACKUP, proc_bonding.ACTIVE_BACKUP, []),
        (BACKUP, proc_bonding.PULLED, ["eno1 has no carrier"]),
        (BACKUP, proc_bonding.ALONE, ["eno2 is not a member"]),
        (
            BACKUP,
            proc_bonding.ACTIVE_BACKUP.replace(
                "MII Status: up\nSpeed", "MII Status: going back\nSpeed"
            ),
            ["eno1 has no carrier", "eno2 has no carrier"],
        ),
        (
            BACKUP,
            proc_bonding.ACTIVE_BACKUP.replace(
                "fault-tolerance (active-backup)", "load balancing (round-robin)"
            ),
            ["mode is 'load balancing (round-robin)', not active-backup"],
        ),
        (LACP, proc_bonding.lacp(), []),
        (LACP, proc_bonding.lacp(partner="00:00:00:00:00:00"), ["no LACP partner answers"]),
        (
            LACP,
            proc_bonding.lacp(aggregators=(1, 2)),
            ["members are in different aggregators: 1, 2"],
        ),
        (
            LACP,
            proc_bonding.lacp_without_aggregator(),
            ["eno3 has no carrier", "eno4 has no carrier", "no LACP partner answers"],
        ),
        (
            LACP,
            proc_bonding.ACTIVE_BACKUP,
            [
                "mode is 'fault-tolerance (active-backup)', not 802.3ad",
                "eno3 is not a member",
                "eno4 is not a member",
                "no LACP partner answers",
            ],
        ),
        (
            BACKUP,
            "",
            ["mode is '', not active-backup", "eno1 is not a member", "eno2 is not a member"],
        ),
    ],
)
def test_what_differs_from_the_plan_is_told(wanted, text, expected):
    assert list(problems(wanted, parse(text))) == expected


def test_without_root_the_partner_is_hidden_so_the_look_needs_root():
    assert list(problems(LACP, parse(proc_bonding.lacp_without_root()))) == [
        "no LACP partner answers"
    ]


def test_a_member_that_is_pulled_leaves_its_aggregator_without_a_second_complaint():
    text = proc_bonding.lacp(aggregators=(1, 2)).replace(
        "Slave Interface: eno4\nMII Status: up", "Slave Interface: eno4\nMII Status: down"
    )
    assert list(problems(LACP, parse(text))) == ["eno4 has no carrier"]


def test_each_bond_has_one_verdict():
    texts = {"bond0": proc_bonding.ACTIVE_BACKUP}
    found = [(v.probe, v.holds, v.seen) for v in verdicts("node1", (BACKUP, LACP), texts)]
    assert found == [
        ("bond bond0", True, "active-backup, eno1 and eno2 up"),
        ("bond bond1", False, "it does not exist"),
    ]
