"""Looking back on an attempt: what happened, which roads lead nowhere, and why; as Markdown.

Facts only. What is to be learnt from them is for the learner to say.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.lab.format import Locale, Tier, WrongFix
from testbed.lab.moments import RESULTS, Moments
from testbed.lab.spans import span
from testbed.lab.story import Story
from testbed.lab.text_models import Texts
from testbed.lab.words import Said, say

_REACHES = {
    Tier.MITIGATED: "debrief.result.mitigated",
    Tier.RESOLVED: "debrief.result.resolved",
    Tier.PREVENTED: "debrief.result.prevented",
}


@dataclass(frozen=True, slots=True)
class Debrief:
    """An attempt, its lab's sentences and the lab's own page about it."""

    story: Story
    texts: Texts
    page: str
    locale: Locale

    def markdown(self) -> str:
        """Return the whole debrief."""
        return "\n".join(self._lines()).rstrip() + "\n"

    def post_mortem(self) -> str:
        """Return a post-mortem with the facts filled in; the thinking is left to the learner."""
        return "\n".join(self._post_mortem()).rstrip() + "\n"

    def _lines(self) -> Iterator[str]:
        yield from (f"# {self._say('debrief.title', title=self.texts.title)}", "")
        yield from (*self._facts(), "")
        yield from self._chapter("debrief.timeline")
        yield from (self._say("debrief.timeline.intro"), "")
        yield from (*self._timeline(), "")
        yield from self._chapter("debrief.roads")
        yield from (self._say("debrief.roads.intro"), "")
        yield from (f"- {' '.join(self.texts.wrong_fixes[w.id].split())}" for w in self._wrong())
        yield from ("", *self._chapter("debrief.ways"))
        yield from (*self._ways(), "", "---", "", self.page.strip())

    def _facts(self) -> Iterator[str]:
        story = self.story
        yield self._fact("debrief.fact.result", self._result())
        if story.mitigated is not None:
            took = span(story.mitigated - story.origin, self.locale)
            yield self._fact("debrief.fact.mitigated", took)
        if story.recovered is not None:
            took = span(story.recovered - story.origin, self.locale)
            yield self._fact("debrief.fact.recovered", took)
        if story.writer is not None:
            outage, lost = story.writer
            yield self._fact("debrief.fact.outage", span(outage, self.locale))
            yield self._fact("debrief.fact.lost", self._say("debrief.writes", count=lost))
        for guard in story.violated:
            title = self.texts.safeguards.get(guard, guard)
            yield self._fact("debrief.fact.violated", f"“{title}”")
        used = self._say(
            "debrief.used",
            commands=story.count("command"),
            checks=story.count("check"),
            hints=story.count("hint.opened"),
            resets=story.count("reset"),
        )
        yield self._fact("debrief.fact.used", used)

    def _result(self) -> str:
        if self.story.result is None:
            return self._say("debrief.result.all-hold")
        return self._say(RESULTS.get(self.story.result, "debrief.result.not-yet"))

    def _fact(self, key: str, value: str) -> str:
        return f"- **{self._say(key)}**: {value}"

    def _timeline(self) -> Iterator[str]:
        return Moments(self.story, self.texts, self.locale).lines()

    def _wrong(self) -> Iterator[WrongFix]:
        return (each for each in self.story.lab.wrong_fixes if each.id in self.texts.wrong_fixes)

    def _ways(self) -> Iterator[str]:
        for way in self.story.lab.solutions:
            told = " ".join(self.texts.solutions.get(way.id, way.id).split())
            yield f"- {told} ({self._say(_REACHES[way.reaches])})"

    def _chapter(self, key: str) -> tuple[str, ...]:
        return f"## {self._say(key)}", ""

    def _post_mortem(self) -> Iterator[str]:
        story = self.story
        day = time.strftime("%Y-%m-%d", time.localtime(story.started))
        yield from (f"# {self._say('debrief.pm.title', title=self.texts.title)}", "")
        yield from (self._say("debrief.pm.intro", lab=story.lab.id, day=day), "")
        yield from self._chapter("debrief.pm.impact")
        seen = (self.texts.symptoms.get(each, each) for each in story.symptoms)
        yield from (*(f"- {' '.join(each.split())}" for each in seen), *self._facts(), "")
        yield from self._chapter("debrief.timeline")
        yield from (*self._timeline(), "")
        for key, question in _QUESTIONS:
            yield from (*self._chapter(key), f"<!-- {self._say(question)} -->", "", "")
        yield from self._chapter("debrief.pm.actions")
        yield from (f"<!-- {self._say('debrief.pm.actions.ask')} -->", "")
        yield from self._say("debrief.pm.actions.table").strip().splitlines()

    def _say(self, key: str, /, **values: str | int | float) -> str:
        return say(Said(key, values), self.locale)


_QUESTIONS = (
    ("debrief.pm.cause", "debrief.pm.cause.ask"),
    ("debrief.pm.found", "debrief.pm.found.ask"),
    ("debrief.pm.well", "debrief.pm.well.ask"),
    ("debrief.pm.hard", "debrief.pm.hard.ask"),
    ("debrief.pm.luck", "debrief.pm.luck.ask"),
    ("debrief.pm.runbook", "debrief.pm.runbook.ask"),
)
