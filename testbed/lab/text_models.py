"""What a lab's `text.<locale>.yaml` may say: the sentences of a lab, by the ids of `lab.yaml`."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from testbed.lab.format.common import Id, LabPart, Locale

Sentence = Annotated[str, Field(min_length=1)]


class ObjectiveText(LabPart):
    """What the learner reads about an objective."""

    title: Sentence
    why: Annotated[Sentence, Field(description="why it matters")]
    look: Annotated[Sentence, Field(description="where to look, never what to do")]


class TextFile(LabPart):
    """All sentences of a lab in one language."""

    title: Sentence
    summary: Annotated[Sentence, Field(description="one line for the list of labs")]
    symptoms: Mapping[Id, Sentence]
    objectives: Mapping[Id, ObjectiveText]
    safeguards: Mapping[Id, Sentence] = {}
    hints: Mapping[Id, Sentence] = {}
    solutions: Mapping[Id, Sentence]
    wrong_fixes: Mapping[Id, Sentence]

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Yield the dotted key of every sentence, and the sentence."""
        yield "title", self.title
        yield "summary", self.summary
        for section in ("symptoms", "safeguards", "hints", "solutions", "wrong_fixes"):
            for id, sentence in getattr(self, section).items():
                yield f"{section}.{id}", sentence
        for id, text in self.objectives.items():
            yield f"objectives.{id}.title", text.title
            yield f"objectives.{id}.why", text.why
            yield f"objectives.{id}.look", text.look


class Texts(TextFile):
    """The sentences of a lab, and the language they are in."""

    locale: Locale
