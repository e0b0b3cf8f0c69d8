"""The timeline of an attempt in sentences: a moment, and what happened then."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.lab.format import Locale
from testbed.lab.spans import offset
from testbed.lab.story import Event, Story
from testbed.lab.text_models import Texts
from testbed.lab.words import Said, say

_KEYS = {
    "lab.started": "debrief.event.started",
    "fault.injected": "debrief.event.injected",
    "symptom.visible": "debrief.event.symptom",
    "check": "debrief.event.check",
    "objective.reached": "debrief.event.reached",
    "objective.lost": "debrief.event.lost",
    "hint.opened": "debrief.event.hint",
    "note": "debrief.event.note",
    "reset": "debrief.event.reset",
    "safeguard.violated": "debrief.event.violated",
    "perturbation": "debrief.event.perturbed",
    "finished": "debrief.event.finished",
}
RESULTS = {
    "prevented": "debrief.result.prevented",
    "resolved": "debrief.result.resolved",
    "mitigated": "debrief.result.mitigated",
    "not-yet": "debrief.result.not-yet",
    "given-up": "debrief.result.given-up",
}
_RUNGS = {
    "look": "debrief.rung.look",
    "meaning": "debrief.rung.meaning",
    "do": "debrief.rung.do",
    "worked": "debrief.rung.worked",
}
_PLACES = {"broken": "debrief.place.broken", "healthy": "debrief.place.healthy"}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|])")


@dataclass(frozen=True, slots=True)
class Moments:
    """An attempt's events, told in a language."""

    story: Story
    texts: Texts
    locale: Locale

    def lines(self) -> Iterator[str]:
        """Yield a list item of Markdown for each event; equal checks in a row are one."""
        told = [(event, self._told(event)) for event in self.story.events]
        kept = [(event, text) for event, text in told if text]
        index = 0
        while index < len(kept):
            event, text = kept[index]
            times = 1
            while event["event"] == "check" and _same(kept, index, index + times):
                times += 1
            again = f" (x{times})" if times > 1 else ""
            yield f"- `{offset(float(event['at']) - self.story.origin)}` {text}{again}"
            index += times

    def _told(self, event: Event) -> str:
        kind = str(event["event"])
        if kind == "command":
            machine = str(event.get("machine", ""))
            return f"{machine + ': ' if machine else ''}{code(str(event.get('command', '')))}"
        if kind not in _KEYS:
            return ""
        return say(Said(_KEYS[kind], self._values(kind, event)), self.locale)

    def _values(self, kind: str, event: Event) -> Mapping[str, str | int]:
        """Return what a sentence about the event needs; what it does not need does no harm."""
        objective = str(event.get("objective", ""))
        known = self.texts.objectives.get(objective)
        guard = str(event.get("safeguard", ""))
        symptom = str(event.get("symptom", ""))
        return {
            "fault": str(event.get("fault", "")),
            "objective": known.title if known else objective,
            "safeguard": self.texts.safeguards.get(guard, guard),
            "symptom": self.texts.symptoms.get(symptom, symptom),
            "holding": len(event.get("holding", ())),
            "objectives": len(self.story.lab.objectives),
            "hint": self._hint(str(event.get("hint", ""))),
            "text": escaped(str(event.get("text", ""))),
            "place": self._word(_PLACES, event.get("to")),
            "what": str(event.get("what", "")),
            "result": self._word(RESULTS, event.get("result")),
        }

    def _hint(self, id: str) -> str:
        rungs = {hint.id: hint.rung.value for hint in self.story.lab.hints}
        return self._word(_RUNGS, rungs.get(id, id))

    def _word(self, keys: Mapping[str, str], value: object) -> str:
        key = keys.get(str(value))
        return say(Said(key), self.locale) if key else str(value)


def _same(kept: list[tuple[Event, str]], first: int, other: int) -> bool:
    return (
        other < len(kept)
        and kept[other][0]["event"] == "check"
        and kept[other][1] == kept[first][1]
    )


def code(text: str) -> str:
    """Return text as code in Markdown, whatever backticks are in it."""
    ticks = "`" * (max(map(len, re.findall(r"`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{' '.join(text.split())}{pad}{ticks}"


def escaped(text: str) -> str:
    """Return a learner's words as they are, in Markdown."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
