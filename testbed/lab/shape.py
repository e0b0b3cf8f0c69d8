"""Values → a lab's models, with every refusal of pydantic told in our words."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from testbed.errors import Problem
from testbed.lab.nouns import PATTERNS, example, noun, wanted
from testbed.lab.places import Loc, Place, bare, is_part, keys_of, tagged, walk
from testbed.topology.words import found, listed, near, quoted

Model = TypeVar("Model", bound=BaseModel)
Told = tuple[str, str]  # what is wrong, and a hint


def build(model: type[Model], data: Any, whole: str) -> Model | tuple[Problem, ...]:
    """Return the model the values describe, or the problems of their shape."""
    try:
        # strict JSON: text becomes addresses and choices, but "10" never becomes 10
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        refusals = [_Refusal(model, detail) for detail in error.errors(include_url=False)]
        return tuple(_problem(refusal, whole) for refusal in refusals if not refusal.follows)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What pydantic says of one place."""

    model: type[BaseModel]
    detail: ErrorDetails

    @property
    def place(self) -> Place:
        return walk(self.model, self.detail["loc"])

    @property
    def around(self) -> Place:
        return walk(self.model, self.detail["loc"][:-1])

    @property
    def value(self) -> Any:
        return self.detail["input"]

    @property
    def key(self) -> str:
        return str(self.place.keys[-1]) if self.place.keys else ""

    @property
    def follows(self) -> bool:
        """Is a list short only because pydantic does not count entries it refused, too?"""
        kind = self.detail["type"]
        return kind == "too_short" and len(self.value) >= self.said("min_length")

    def said(self, name: str) -> Any:
        return self.detail["ctx"][name]


def _problem(refusal: _Refusal, whole: str) -> Problem:
    what, hint = TOLD.get(refusal.detail["type"], _anything_else)(refusal)
    # what lacks a key has a line, the key has none
    place = refusal.around if refusal.detail["type"] == "missing" else refusal.place
    where = place.dotted(whole)
    return Problem(
        f"{where}.type" if refusal.detail["type"] == "union_tag_invalid" else where, what, hint
    )


def _subject(place: Place) -> str:
    """Return how the value at a place is called at the start of a sentence."""
    if is_part(bare(place.kind)) or tagged(place.kind):
        return noun(place.kind)
    if place.keys and isinstance(place.keys[-1], int):
        return f"an entry of '{_named(place.keys)}'"
    return f"'{place.keys[-1]}'" if place.keys else noun(place.kind)


def _named(keys: Loc) -> str:
    return next((str(key) for key in reversed(keys) if isinstance(key, str)), "")


def _example(refusal: _Refusal) -> str:
    """Return a hint that shows what could stand there, under the nearest key that has one."""
    loc = refusal.detail["loc"]
    while loc:
        place = walk(refusal.model, loc)
        if place.owner is not None and place.keys[-1] in keys_of(place.owner):
            return f"write for example {example(place.owner, str(place.keys[-1]))}"
        loc = loc[:-1]
    return f"its keys are: {', '.join(keys_of(refusal.model))}"


def _wrong_type(refusal: _Refusal) -> Told:
    place, value = refusal.place, refusal.value
    hint = _example(refusal)
    if value is None and not place.needed:
        hint += ", or remove the line"
    if isinstance(value, str) and value.isdecimal() and bare(place.kind) in {int, float}:
        hint = f"write {refusal.key}: {value} without quotes"
    return f"{_subject(place)} must be {wanted(place.kind)}, but is {found(value)}", hint


def _missing(refusal: _Refusal) -> Told:
    owner = bare(refusal.around.kind)
    return (
        f"{noun(owner)} needs the key '{refusal.key}'",
        f"add for example {example(owner, refusal.key)}",
    )


def _unknown_key(refusal: _Refusal) -> Told:
    owner = bare(refusal.around.kind)
    what = f"{noun(owner)} has no key {quoted(refusal.key)}"
    if close := near(refusal.key, keys_of(owner)):
        return what, f"did you mean '{close}'?"
    return what, f"{noun(owner)} has: {', '.join(keys_of(owner))}"


def _no_type(refusal: _Refusal) -> Told:
    kinds = tagged(refusal.place.kind)
    return f"{noun(refusal.place.kind)} needs the key 'type'", f"its types: {', '.join(kinds)}"


def _unknown_type(refusal: _Refusal) -> Told:
    kinds = tagged(refusal.place.kind)
    tag = str(refusal.said("tag"))
    close = near(tag, kinds)
    what = f"{noun(refusal.place.kind)} cannot have the type {quoted(tag)}"
    return what, f"did you mean '{close}'?" if close else f"its types: {', '.join(kinds)}"


def _not_one_of(refusal: _Refusal) -> Told:
    expected = str(refusal.said("expected")).replace(" or ", ", ").replace("'", "")
    choices = expected.split(", ")
    value = refusal.value
    what = f"{_subject(refusal.place)} must be {listed(choices, 'or')}, but is {found(value)}"
    close = near(value, choices) if isinstance(value, str) else None
    return what, f"did you mean '{close}'?" if close else f"write {refusal.key}: {choices[0]}"


def _bad_name(refusal: _Refusal) -> Told:
    thing, rule = PATTERNS[refusal.said("pattern")]
    return f"{quoted(refusal.value)} cannot be {thing}", rule


def _too_long(refusal: _Refusal) -> Told:
    most, actual = refusal.said("max_length"), len(refusal.value)
    what = f"the name {quoted(refusal.value)} has {actual} characters; {most} is the most"
    return what, "choose a shorter name"


def _too_short(refusal: _Refusal) -> Told:
    if isinstance(refusal.value, (str, list)) and not refusal.value:
        return f"{_subject(refusal.place)} is empty", _example(refusal)
    least = refusal.said("min_length")
    what = f"{_subject(refusal.place)} needs {least} entries, but has {len(refusal.value)}"
    return what, _example(refusal)


def _too_small(refusal: _Refusal) -> Told:
    return _out_of_range(refusal, f"at least {refusal.said('ge'):g}")


def _too_large(refusal: _Refusal) -> Told:
    return _out_of_range(refusal, f"at most {refusal.said('le'):g}")


def _out_of_range(refusal: _Refusal, bound: str) -> Told:
    what = f"{_subject(refusal.place)} must be {bound}, but is {refusal.value}"
    return what, _example(refusal)


def _of_the_model(refusal: _Refusal) -> Told:
    owner = bare(refusal.place.kind)
    if not is_part(owner):  # text that is no address
        return _wrong_type(refusal)
    return str(refusal.said("error")), f"{noun(owner)} has: {', '.join(keys_of(owner))}"


def _anything_else(refusal: _Refusal) -> Told:
    """Tell a refusal this file has no sentence for; better pydantic's words than none."""
    return f"the value is not accepted: {refusal.detail['msg']}", ""


TOLD: dict[str, Callable[[_Refusal], Told]] = {
    "bool_type": _wrong_type,
    "dict_type": _wrong_type,
    "enum": _not_one_of,
    "extra_forbidden": _unknown_key,
    "float_type": _wrong_type,
    "greater_than_equal": _too_small,
    "int_type": _wrong_type,
    "less_than_equal": _too_large,
    "literal_error": _not_one_of,
    "missing": _missing,
    "model_type": _wrong_type,
    "string_pattern_mismatch": _bad_name,
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "string_type": _wrong_type,
    "too_short": _too_short,
    "tuple_type": _wrong_type,
    "union_tag_invalid": _unknown_type,
    "union_tag_not_found": _no_type,
    "value_error": _of_the_model,
}
