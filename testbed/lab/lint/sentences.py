"""Sentences: every id of `lab.yaml` has one in every language, and no other has."""

from collections.abc import Iterator, Mapping

from testbed.errors import LabProblem
from testbed.lab.format import Lab
from testbed.lab.lint.folder import Folder, Rule
from testbed.lab.nouns import example
from testbed.lab.text_models import TextFile
from testbed.lab.texts import text_file
from testbed.topology.words import near


def every_id_has_a_sentence(folder: Folder) -> Iterator[LabProblem]:
    """Yield ids without words in some language."""
    for locale, text in folder.texts.items():
        for section, ids in ids_with_words(folder.lab).items():
            for id in ids:
                if id not in getattr(text, section):
                    what = f"'{id}' of lab.yaml has no words here"
                    hint = f"add them, as in {example(TextFile, section)}"
                    yield LabProblem(section, what, hint, 0, text_file(locale))


def every_sentence_has_an_id(folder: Folder) -> Iterator[LabProblem]:
    """Yield words for something that is not in the lab."""
    for locale, text in folder.texts.items():
        for section, ids in ids_with_words(folder.lab).items():
            for id in getattr(text, section):
                if id not in ids:
                    close = near(id, ids)
                    what = f"lab.yaml has no '{id}' under {section}"
                    hint = f"did you mean '{close}'?" if close else "remove the words"
                    yield LabProblem(f"{section}.{id}", what, hint, 0, text_file(locale))


def headlines_are_one_line(folder: Folder) -> Iterator[LabProblem]:
    """Yield titles and summaries that would break the list of labs."""
    for locale, text in folder.texts.items():
        for key in ("title", "summary"):
            if "\n" in getattr(text, key).strip():
                what, hint = f"'{key}' has several lines", "write it in one"
                yield LabProblem(key, what, hint, 0, text_file(locale))


def ids_with_words(lab: Lab) -> Mapping[str, tuple[str, ...]]:
    """Return which ids need words, by section of the text files."""
    return {
        "symptoms": tuple(symptom.probe for symptom in lab.symptoms),
        "objectives": tuple(objective.id for objective in lab.objectives),
        "safeguards": tuple(safeguard.id for safeguard in lab.safeguards),
        "hints": tuple(hint.id for hint in lab.hints),
        "solutions": tuple(solution.id for solution in lab.solutions),
        "wrong_fixes": tuple(fix.id for fix in lab.wrong_fixes),
    }


RULES: tuple[Rule, ...] = (
    every_id_has_a_sentence,
    every_sentence_has_an_id,
    headlines_are_one_line,
)
