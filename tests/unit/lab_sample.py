"""A lab with every kind of thing the command line tells about, and an attempt at it."""

from pathlib import Path

LAB = """\
api: lab/v1
id: quiet-road
incident: [R00]
kind: repair
level: 2
minutes: 20
topology: aolda-flat
stage: network
concepts: [routing]
after: []
sentinels:
  clerk: {type: writer, from: node1, pool: volumes}
probes:
  road: {type: ping, from: router, to: [10.16.0.12]}
  next: {type: route, on: router, to: 10.16.0.12, via: null}
  others: {type: ping, from: router, to: [10.16.0.11]}
steady_state: [road, next]
faults:
  - {id: bent-sign, type: route, machine: router, to: 10.16.0.12/32, via: 10.16.0.99, interface: x0}
symptoms:
  - {probe: road}
objectives:
  - {id: arrives, tier: mitigated, probes: [road]}
  - {id: straight, tier: resolved, probes: [next]}
  - {id: guarded, tier: prevented, probes: [next]}
safeguards:
  - {id: neighbours, severity: recoverable, probes: [others]}
  - {id: letters, severity: catastrophic, sentinels: [clerk]}
hints:
  - {id: arrives-look, rung: look, for: arrives}
  - {id: arrives-do, rung: do, for: arrives}
  - {id: arrives-worked, rung: worked, for: arrives}
solutions:
  - {id: straighten, reaches: prevented, moves: [{restart: router}]}
  - {id: detour, reaches: mitigated, moves: [{restart: router}]}
wrong_fixes:
  - {id: wait, moves: [{restart: node1}], rejected_by: [arrives]}
  - {id: flood, moves: [{restart: node2}], rejected_by: [neighbours]}
"""

TEXT = {
    "ko": """\
title: 조용한 길
summary: 편지가 한 집에만 안 와요
symptoms: {road: node2로 보낸 편지에 답이 없어요.}
objectives:
  arrives: {title: 편지가 node2에 닿아요,
    why: 기다리는 사람이 있어요.,
    look: 라우터와 node1에서 불러 보세요.}
  straight: {title: 길이 곧아요,
    why: 돌아가는 길은 언젠가 끊겨요.,
    look: 라우터의 표를 보세요.}
  guarded: {title: 재부팅해도 그대로예요,
    why: 정전은 또 와요.,
    look: 부팅할 때 읽는 파일을 보세요.}
safeguards: {neighbours: 이웃집은 그대로예요, letters: 받은 편지를 하나도 잃지 않았어요}
hints:
  arrives-look: "`ip route get`에게 물어보세요."
  arrives-do: 이상한 줄을 지우세요.
  arrives-worked: "`ip route del`"
solutions: {straighten: 줄을 지우고 파일에서도 지워요, detour: 다른 길로 돌려요}
wrong_fixes: {wait: 기다리면 나을 것 같지만 표는 그대로예요.,
    flood: 모두에게 보내면 이웃이 시끄러워요.}
""",
    "en": """\
title: A quiet road
summary: one house gets no letters
symptoms: {road: Letters to node2 are not answered.}
objectives:
  arrives: {title: Letters reach node2,
    why: Somebody is waiting.,
    look: Call from router and node1.}
  straight: {title: The road is straight,
    why: Detours break some day.,
    look: Read the router's table.}
  guarded: {title: A reboot changes nothing,
    why: Power fails again.,
    look: See what is read at boot.}
safeguards: {neighbours: The neighbours are as they were, letters: No letter received was lost}
hints:
  arrives-look: "Ask `ip route get`."
  arrives-do: Remove the odd line.
  arrives-worked: "`ip route del`"
solutions: {straighten: Remove the line and what brings it back, detour: Send it another way}
wrong_fixes: {wait: "It may pass, one thinks; the table stays.",
    flood: Sending to all wakes the others.}
""",
}
PAGES = {
    "brief.ko.md": "# 조용한 길\n\n> 편지가 안 와요.\n",
    "brief.en.md": "# A quiet road\n\n> No letters come.\n",
    "guide.ko.md": "# 안내\n\n천천히 가요.\n\n## 보기\n\n불러 보세요.\n\n## 고치기\n\n지우세요.\n",
    "guide.en.md": "# Guide\n\nSlowly.\n\n## Look\n\nCall it.\n\n## Mend\n\nRemove it.\n",
    "debrief.ko.md": "# 왜 그랬을까\n\n더 긴 프리픽스가 이겨요.\n",
    "debrief.en.md": "# Why it was so\n\nThe longer prefix wins.\n",
}

BEGAN = 1_750_000_000.0
EVENTS = (
    {"at": BEGAN, "event": "lab.started", "lab": "quiet-road", "mode": "guided"},
    {"at": BEGAN + 5, "event": "fault.injected", "fault": "bent-sign"},
    {"at": BEGAN + 10, "event": "symptom.visible", "symptom": "road"},
    {"at": BEGAN + 40, "event": "command", "command": "ip route | grep via", "machine": "router"},
    {"at": BEGAN + 50, "event": "check", "holding": [], "solved": False},
    {"at": BEGAN + 55, "event": "check", "holding": [], "solved": False},
    {"at": BEGAN + 60, "event": "hint.opened", "hint": "arrives-look"},
    {"at": BEGAN + 70, "event": "note", "text": "표가 <이상하다>"},
    {"at": BEGAN + 80, "event": "command", "command": "testbed power off node3", "machine": ""},
    {"at": BEGAN + 90, "event": "safeguard.violated", "safeguard": "neighbours", "severity": "r"},
    {"at": BEGAN + 100, "event": "reset", "to": "broken"},
    {"at": BEGAN + 205, "event": "check", "holding": ["arrives"], "solved": False},
    {"at": BEGAN + 205, "event": "objective.reached", "objective": "arrives"},
    {
        "at": BEGAN + 400,
        "event": "check",
        "holding": ["arrives", "straight", "guarded"],
        "solved": True,
    },
    {"at": BEGAN + 500, "event": "perturbation", "what": "reboot router"},
    {"at": BEGAN + 501, "event": "something of a later version"},
)
FINISHED = {
    "at": BEGAN + 510,
    "event": "finished",
    "result": "prevented",
    "outage": 190.4,
    "lost_writes": 0,
}


def write_lab(folder: Path, id: str = "quiet-road") -> Path:
    """Write the lab into a folder of labs, and return its own."""
    own = folder / id
    own.mkdir(parents=True)
    (own / "lab.yaml").write_text(LAB.replace("quiet-road", id))
    for locale, text in TEXT.items():
        (own / f"text.{locale}.yaml").write_text(text)
    for name, text in PAGES.items():
        (own / name).write_text(text)
    return own
