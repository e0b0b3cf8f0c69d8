"""The drawings: readable, complete, the same every time."""

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from graph_plans import broken, five, lonely, odd, running, shipped

from testbed.plan.models import Plan
from testbed.render.channel import Net, Pin, apart, lanes, spread
from testbed.render.graph import text
from testbed.render.graph_facts import facts
from testbed.render.graph_state import MachineState
from testbed.render.svg import svg
from testbed.render.svg_layout import Layout, arrange
from testbed.render.svg_path import along, path
from testbed.render.svg_sizes import ribbon_width, words_width
from testbed.render.wiring import States, links

GOLDEN = Path(__file__).parents[2] / "golden" / "graph"
CROSS = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"
AOLDA, FLAT = shipped("aolda"), shipped("aolda-flat")
PLANS = {plan.name: plan for plan in (AOLDA, FLAT, five(), odd(), lonely())}
CASES: dict[str, tuple[Plan, States | None]] = {
    "aolda": (AOLDA, None),
    "aolda-broken": (AOLDA, broken(AOLDA)),
    "aolda-flat": (FLAT, None),
    "five": (five(), running(five())),
    "odd": (odd(), None),
}

every_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def same_as_golden(name: str, drawing: str, *, update: bool) -> None:
    file = GOLDEN / name
    if update:
        file.write_text(drawing, encoding="utf-8")
    assert file.is_file(), f"{file} is missing; look at the drawing, then use --update-golden"
    assert drawing == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_the_terminal_drawing_is_the_one_we_looked_at(name: str, update_golden: bool) -> None:
    same_as_golden(f"{name}.txt", text(*CASES[name]), update=update_golden)


@pytest.mark.parametrize("name", CASES)
def test_the_svg_is_the_one_we_looked_at(name: str, update_golden: bool) -> None:
    same_as_golden(f"{name}.svg", svg(*CASES[name]), update=update_golden)


# ---- in the terminal


@every_plan
@pytest.mark.parametrize("width", [72, 80, 100])
def test_no_line_is_wider_than_asked_for(plan: Plan, width: int) -> None:
    assert max(len(line) for line in text(plan, running(plan), width).splitlines()) <= width


@every_plan
def test_every_machine_is_named_in_the_terminal(plan: Plan) -> None:
    drawing = text(plan)
    assert [m.name for m in plan.machines if m.name not in drawing] == []


@every_plan
def test_every_port_is_named_in_the_terminal(plan: Plan) -> None:
    words = text(plan).replace(":", " ").split()
    assert [n.name for m in plan.machines for n in m.nics if n.name not in words] == []


def test_a_pulled_cable_carries_its_cross_at_the_end_it_was_pulled_from() -> None:
    lines = text(AOLDA, broken(AOLDA)).splitlines()
    crossed = [line.split("  ┐")[0].split("  ╗")[0] for line in lines if CROSS in line]
    assert any(f"{CROSS} isl" in line for line in crossed)
    assert any(f"node1-lacp1 {CROSS}" in line for line in crossed)
    assert any(f"{CROSS} eno2" in line for line in crossed)


def test_a_healthy_testbed_shows_no_cross() -> None:
    assert CROSS not in text(AOLDA, running(AOLDA))


def test_the_bonding_modes_differ_without_colour() -> None:
    lines = text(AOLDA).splitlines()
    assert any("─ eno1  ┐ bond0 · active-backup" in line for line in lines)
    assert any("═ eno3  ╗ bond1 · 802.3ad" in line for line in lines)


def test_a_machine_that_does_not_exist_is_off() -> None:
    state = {name: seen for name, seen in running(AOLDA).items() if name != "node2"}
    assert "node2  ○ off" in text(AOLDA, state)


# ---- as data


def test_the_facts_tell_where_a_cable_was_pulled() -> None:
    cables = facts(AOLDA, broken(AOLDA))["cables"]
    pulled = [cable["ends"] for cable in cables if cable["state"] == "pulled"]
    out = [(e["machine"], e["nic"]) for ends in pulled for e in ends if not e["plugged"]]
    assert out == [("sw2", "isl"), ("sw2", "node1-lacp1"), ("node2", "eno2")]


def test_the_facts_tell_nothing_of_power_where_nothing_was_observed() -> None:
    assert {machine["power"] for machine in facts(AOLDA)["machines"]} == {None}


# ---- as SVG


def drawn(plan: Plan, state: States | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(svg(plan, state))


def of_class(root: ElementTree.Element, cls: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if cls in element.get("class", "").split()]


def test_the_svg_can_be_read_aloud() -> None:
    root = drawn(AOLDA, broken(AOLDA))
    title, desc = root[0], root[1]
    assert (root.get("role"), title.text) == ("img", "Network of testbed 'aolda'")
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert "node3 (off)" in (desc.text or "")
    assert "node2 eno2 to sw2 node2 (pulled)" in (desc.text or "")


def test_the_svg_needs_nothing_from_elsewhere() -> None:
    drawing = svg(five(), broken(five()))
    assert "<script" not in drawing
    assert "href" not in drawing
    assert "url(" not in drawing
    assert drawing.count("http") == 1  # the name of SVG itself


def test_the_svg_follows_the_readers_colour_scheme() -> None:
    assert "@media (prefers-color-scheme:dark)" in svg(FLAT)


@every_plan
def test_the_svg_shows_every_port_and_its_name(plan: Plan) -> None:
    root = drawn(plan)
    nics = [nic.name for machine in plan.machines for nic in machine.nics]
    shown = [element.text for element in root.iter() if element.text in nics]
    assert len(of_class(root, "port")) == len(nics)
    assert set(shown) >= set(nics)


def test_each_pulled_end_has_its_cross() -> None:
    root = drawn(AOLDA, broken(AOLDA))
    in_the_key = 1
    assert len(of_class(root, "disc")) == 3 + in_the_key
    assert len([e for e in of_class(root, "pulled") if e.tag.endswith("path")]) == 3


def test_a_machine_that_is_off_is_grey_and_so_are_its_cables() -> None:
    root = drawn(AOLDA, broken(AOLDA))
    assert len(of_class(root, "dim")) == 1
    assert len([e for e in of_class(root, "off") if e.tag.endswith("path")]) == 4


def test_a_cable_has_a_stripe_for_each_vlan() -> None:
    stripes = of_class(drawn(FLAT), "cable")
    assert {stripe.get("stroke") for stripe in stripes} == {"#3b82f6"}
    assert len(stripes) == len(FLAT.cables)


def test_the_key_explains_only_what_occurs() -> None:
    flat, healthy = svg(FLAT), svg(AOLDA)
    assert "one carries" not in flat
    assert "one carries" in healthy
    assert "cable pulled" not in healthy


def test_a_name_with_markup_in_it_stays_text() -> None:
    state = {"node1": MachineState("running", {"<b>": False})}
    ElementTree.fromstring(svg(AOLDA, state))


# ---- the arrangement


def laid_out(plan: Plan) -> Layout:
    return arrange(plan, links(plan, None))


@every_plan
def test_no_two_cables_run_over_each_other(plan: Plan) -> None:
    for one, other in combinations(laid_out(plan).routes, 2):
        apart = (ribbon_width(one.link) + ribbon_width(other.link)) / 2
        for a in pairwise(one.points):
            for b in pairwise(other.points):
                assert not alongside(a, b, apart), (one, other)


Piece = tuple[tuple[float, float], tuple[float, float]]


def alongside(one: Piece, other: Piece, apart: float) -> bool:
    """Tell whether two pieces are parallel, closer than `apart`, and share some of their way."""
    for axis in (0, 1):
        across = 1 - axis
        parallel = one[0][axis] == one[1][axis] and other[0][axis] == other[1][axis]
        if parallel and abs(one[0][axis] - other[0][axis]) < apart:
            ends = [sorted((piece[0][across], piece[1][across])) for piece in (one, other)]
            if ends[0][0] < ends[1][1] and ends[1][0] < ends[0][1]:
                return True
    return False


@every_plan
def test_no_two_port_names_touch(plan: Plan) -> None:
    layout = laid_out(plan)
    for machine in plan.machines:
        places = [(layout.ports[machine.name, nic.name], nic.name) for nic in machine.nics]
        for ((x, y), name), ((other_x, other_y), other) in combinations(places, 2):
            if y == other_y and x != other_x:
                assert abs(x - other_x) >= words_width(name + other, 11) / 2


@every_plan
def test_everything_lies_on_the_sheet(plan: Plan) -> None:
    layout = laid_out(plan)
    points = [point for route in layout.routes for point in route.points]
    corners = [(box.right, box.bottom) for box in layout.boxes]
    assert all(0 < x < layout.width and 0 < y < layout.height for x, y in points + corners)


@every_plan
def test_no_two_machines_overlap(plan: Plan) -> None:
    for a, b in combinations(laid_out(plan).boxes, 2):
        beside = a.right <= b.x or b.right <= a.x
        assert beside or a.bottom <= b.y or b.bottom <= a.y


@every_plan
def test_no_cable_passes_through_a_machine(plan: Plan) -> None:
    layout = laid_out(plan)
    for route in layout.routes:
        for (x1, y1), (x2, y2) in pairwise(route.points):
            x, y = (x1 + x2) / 2, (y1 + y2) / 2
            for box in layout.boxes:
                assert not (box.x < x < box.right and box.y < y < box.bottom)


def test_cables_go_straight_down_where_there_is_one_switch() -> None:
    assert all(len(route.points) == 2 for route in laid_out(FLAT).routes)


def test_a_cable_that_comes_down_runs_above_the_one_that_goes_on_down_there() -> None:
    comes = Net(1, Pin(100, above=True), Pin(-60, above=False))
    goes = Net(2, Pin(30, above=True), Pin(100, above=False))
    found = lanes([goes, comes])
    assert found[1] < found[2]


def test_cables_that_do_not_meet_share_a_lane() -> None:
    left = Net(1, Pin(10, above=True), Pin(50, above=False))
    right = Net(2, Pin(200, above=True), Pin(250, above=False))
    assert lanes([left, right]) == {1: 0, 2: 0}


def test_ports_stay_where_they_are_wanted_if_there_is_room() -> None:
    assert spread([50, 200], [40, 40], 0, 300) == [50, 200]


def test_ports_make_room_for_each_other() -> None:
    assert spread([50, 60], [40, 40], 0, 300) in ([50, 90], [20, 60])


def test_a_port_moves_aside_from_a_pin_that_another_cable_goes_to() -> None:
    assert apart([100], [10], [40], (0, 300), facing=[10, 96]) == [118]


def test_a_port_above_its_own_pin_stays() -> None:
    assert apart([100], [100], [40], (0, 300), facing=[100]) == [100]


def test_a_corner_is_round_on_every_stripe() -> None:
    way = [(0.0, 0.0), (0.0, 50.0), (50.0, 50.0)]
    assert path(way) == "M0 0L0 36A14 14 0 0 0 14 50L50 50"
    assert path(way, 3) == "M3 0L3 36A11 11 0 0 0 14 47L50 47"


def test_a_cross_is_found_by_its_way_along_the_cable() -> None:
    assert along([(0.0, 0.0), (0.0, 50.0), (50.0, 50.0)], 70) == (20.0, 50.0)
