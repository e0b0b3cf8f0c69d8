"""What belongs at a place in a lab's file: the models, walked along pydantic's paths."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from testbed.topology.document import inside

Loc = tuple[int | str, ...]  # where pydantic found something: keys, and indexes from 0


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: its keys, what may stand there, and the part around it."""

    keys: Loc
    kind: Any  # a type, as in the models' annotations
    owner: type[BaseModel] | None  # the part whose key it is
    needed: bool

    def dotted(self, whole: str) -> str:
        """Return the place as problems name it, entries of lists counted from 1."""
        where = ""
        for key in self.keys:
            where = inside(where, key)
        return where or whole


def walk(model: type[BaseModel], loc: Loc) -> Place:
    """Return the place pydantic means; the tags of unions in its paths are no keys."""
    place = Place((), model, None, needed=True)
    for step in loc:
        kinds = tagged(place.kind)
        if step in kinds:
            place = Place(place.keys, kinds[str(step)], place.owner, place.needed)
        elif step != "[key]":
            place = _below(place, step)
    return place


def tagged(kind: Any) -> dict[str, type[BaseModel]]:
    """Return the models of a union by what their key `type` says; nothing for other kinds."""
    members = [bare(member) for member in get_args(bare(kind))]
    return {
        tag: member
        for member in members
        if is_part(member) and "type" in member.model_fields
        for tag in get_args(member.model_fields["type"].annotation)
    }


def bare(kind: Any) -> Any:
    """Return the kind without its metadata, and without null as another choice."""
    if get_origin(kind) is Annotated:
        return bare(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        others = [member for member in get_args(kind) if member is not NoneType]
        return bare(others[0]) if len(others) == 1 else kind
    return kind


def is_part(kind: Any) -> bool:
    """Is this a model with keys of its own?"""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys a part has in a file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def parts(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the model and every model below it, each as often as it is met."""
    kind = bare(kind)
    if not is_part(kind):
        for argument in get_args(kind):
            yield from parts(argument)
        return
    yield kind
    for field in kind.model_fields.values():
        yield from parts(field.annotation)


def _below(place: Place, step: int | str) -> Place:
    kind, keys = bare(place.kind), (*place.keys, step)
    if is_part(kind):
        for name, field in kind.model_fields.items():
            if step in {name, field.alias}:
                return Place(keys, field.annotation, kind, field.is_required())
        return Place(keys, Any, kind, needed=False)
    arguments = get_args(kind)
    if get_origin(kind) in {Mapping, dict, tuple}:
        entry = arguments[0] if get_origin(kind) is tuple else arguments[1]
        return Place(keys, entry, None, needed=True)
    return Place(keys, Any, None, needed=True)
