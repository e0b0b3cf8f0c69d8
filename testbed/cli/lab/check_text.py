"""A check as lines: all objectives and safeguards, then what does not hold and where to look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.cli.lab.voice import Line, Voice, columns

if TYPE_CHECKING:
    from testbed.lab.checking import CheckResult, ObjectiveSeen, SafeguardSeen
    from testbed.lab.format import Lab
    from testbed.lab.text_models import Texts

_SIGNS = {"pass": "✅", "fail": "❌", "pending": "⏳", "skip": "⚠️", "error": "⚠️"}
_STYLES = {"fail": "red", "pending": "yellow", "skip": "yellow", "error": "yellow"}
_GOALS = {
    "mitigated": "ui.goal.mitigated",
    "resolved": "ui.goal.resolved",
    "prevented": "ui.goal.prevented",
}
_ALL = {
    "mitigated": "ui.check.all.mitigated",
    "resolved": "ui.check.all.resolved",
    "prevented": "ui.check.all.prevented",
}
_PART = {"mitigated": "ui.check.part.mitigated", "resolved": "ui.check.part.resolved"}


@dataclass(frozen=True, slots=True)
class CheckText:
    """What a check saw, with the lab's own sentences about it."""

    lab: "Lab"
    texts: "Texts"
    seen: "CheckResult"
    voice: Voice

    def lines(self) -> Iterator[Line]:
        """Yield the whole check."""
        yield from (*self.table(), *self.details(), Line(), *self.verdict())

    def details(self) -> Iterator[Line]:
        """Yield what was seen of everything that does not hold."""
        for objective in self.seen.objectives:
            if objective.status != "pass":
                yield from self._objective(objective)
        for safeguard in self.seen.safeguards:
            if safeguard.status != "pass":
                yield from self._safeguard(safeguard)

    def table(self) -> Iterator[Line]:
        """Yield one line for each objective and safeguard."""
        seen: tuple[ObjectiveSeen | SafeguardSeen, ...] = (
            *self.seen.objectives,
            *self.seen.safeguards,
        )
        rows = columns((self._kind(each), self._title(each)) for each in seen)
        for number, (each, row) in enumerate(zip(seen, rows, strict=True)):
            if number == len(self.seen.objectives):
                yield Line()
            yield Line(row, _STYLES.get(each.status, ""), 0, f"{_SIGNS[each.status]} ")

    def verdict(self) -> Iterator[Line]:
        """Yield how far the repair goes, and what it has cost."""
        lost = [each for each in self.seen.safeguards if each.violated]
        for guard in lost:
            yield Line(self._cost(guard), "bold red")
        if self.seen.solved:
            yield Line(self.voice(_ALL[self.seen.tier_reached or "mitigated"]), "bold green")
            yield Line(self.voice("ui.check.finish"))
            return
        if self.seen.every_objective_holds and lost:
            yield Line(self.voice("ui.check.all.but"))
        elif self.seen.every_objective_holds and self.seen.unsure:
            yield Line(self.voice("ui.check.all.unsure"), "bold yellow")
        elif tier := self.seen.tier_reached:
            yield Line(self.voice(_PART.get(tier, "ui.check.part.resolved")), "bold yellow")
        else:
            yield Line(self.voice("ui.check.none"), "bold")

    def _cost(self, guard: "SafeguardSeen") -> str:
        catastrophic = guard.severity == "catastrophic"
        key = "ui.check.catastrophe" if catastrophic else "ui.check.violated"
        return self.voice(key, title=self._title(guard))

    def _objective(self, objective: "ObjectiveSeen") -> Iterator[Line]:
        yield from self._told(objective)
        if text := self.texts.objectives.get(objective.id):  # else its authors have yet to write it
            yield self._labelled("ui.check.why", text.why)
            yield self._labelled("ui.check.look", self.voice.named(text.look))

    def _safeguard(self, safeguard: "SafeguardSeen") -> Iterator[Line]:
        yield from self._told(safeguard)

    def _told(self, each: "ObjectiveSeen | SafeguardSeen") -> Iterator[Line]:
        """Yield its title, and what each of its probes saw that does not hold."""
        yield Line()
        yield Line(self._title(each), "bold", 0, f"{_SIGNS[each.status]} ")
        sentences = [self.voice.say(o.seen) for _, o in each.observations if o.status != "pass"]
        for sentence in dict.fromkeys(sentences):
            yield self._labelled("ui.check.seen", sentence)

    def _labelled(self, key: str, text: str) -> Line:
        labels = ("ui.check.seen", "ui.check.why", "ui.check.look")
        padded = columns((self.voice(each), "|") for each in labels)
        label = padded[labels.index(key)].removesuffix("|")
        return Line(" ".join(text.split()), "", 3, label)

    def _kind(self, each: "ObjectiveSeen | SafeguardSeen") -> str:
        tier = getattr(each, "tier", None)
        return self.voice(_GOALS[tier] if tier else "ui.goal.keep")

    def _title(self, each: "ObjectiveSeen | SafeguardSeen") -> str:
        if each.id in self.texts.objectives and hasattr(each, "tier"):
            return self.texts.objectives[each.id].title
        return self.texts.safeguards.get(each.id, each.id)

    def facts(self) -> Mapping[str, object]:
        """Return the same for scripts."""
        return {
            "lab": self.lab.id,
            "solved": self.seen.solved,
            "tier": self.seen.tier_reached,
            "objectives": [self._facts(each) for each in self.seen.objectives],
            "safeguards": [self._facts(each) for each in self.seen.safeguards],
        }

    def _facts(self, each: "ObjectiveSeen | SafeguardSeen") -> Mapping[str, object]:
        grade = {"tier": each.tier} if hasattr(each, "tier") else {"severity": each.severity}
        return {
            "id": each.id,
            **grade,
            "status": each.status,
            "title": self._title(each),
            "observations": [
                {"probe": probe, "status": o.status, "seen": self.voice.say(o.seen)}
                for probe, o in each.observations
            ],
        }
