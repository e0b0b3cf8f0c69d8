"""Recipe folders to recipes: everything wrong with one is told at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

import testbed
from testbed.errors import ImageError, Problem
from testbed.image.models import DebianRecipe, DownloadRecipe, Recipe, Stage

RECIPE_FILE = "recipe.yaml"


class RecipeError(ImageError):
    """A recipe that cannot be built; carries every problem found, not only the first."""

    exit_code = 3

    def __init__(self, folder: Path, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = len(problems)
        super().__init__(
            f"recipe '{folder.name}' has {count} problem{'' if count == 1 else 's'}",
            next_step=f"edit {folder / RECIPE_FILE}, then run: testbed image build {folder.name}",
        )

    def lines(self) -> Iterator[str]:
        yield f"error: {self.what}"
        for problem in self.problems:
            yield f"  {problem.where}: {problem.what}"
            if problem.hint:
                yield f"    hint: {problem.hint}"
        yield f" next: {self.next_step}"


def recipes_folder() -> Path:
    """Return the folder of all recipes: in a checkout, or inside the installed package."""
    package = Path(testbed.__file__).parent
    checkout = package.parent / "images"
    return checkout if checkout.is_dir() else package / "images"


def recipe_names(recipes: Path) -> tuple[str, ...]:
    """Return the names of all recipes in the folder, sorted."""
    return tuple(sorted(file.parent.name for file in recipes.glob(f"*/{RECIPE_FILE}")))


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe in the folder.

    Raises `RecipeError` with every problem of the file, its scripts and its line of parents.
    """
    return read_lineage(folder)[-1][1]


def read_lineage(folder: Path) -> tuple[tuple[Path, Recipe], ...]:
    """Return the recipe with its parents, the oldest first, each with its folder.

    Raises `RecipeError` about the first recipe of the line that has problems.
    """
    lineage: list[tuple[Path, Recipe]] = []
    step: Path | None = folder
    while step is not None:
        recipe = _read_one(step)
        lineage.insert(0, (step, recipe))
        parent = recipe.parent if isinstance(recipe, DebianRecipe) else None
        step = folder.parent / parent if parent else None
        if step is not None and step in [known for known, _ in lineage]:
            names = " → ".join([known.name for known, _ in reversed(lineage)] + [step.name])
            problem = Problem("parent", f"the parents form a cycle: {names}", "remove one 'parent'")
            raise RecipeError(folder, (problem,))
    return tuple(lineage)


_RECIPE: TypeAdapter[Recipe] = TypeAdapter(
    Annotated[DebianRecipe | DownloadRecipe, Field(discriminator="kind")]
)


def _read_one(folder: Path) -> Recipe:
    data = _read_yaml(folder)
    problems: list[Problem] = []
    recipe: Recipe | None = None
    try:
        recipe = _RECIPE.validate_python(data)
    except ValidationError as error:
        problems += [_problem(dict(entry)) for entry in error.errors()]
    problems += _rules(folder, data)
    if problems or recipe is None:
        raise RecipeError(folder, tuple(problems))
    return recipe


def _read_yaml(folder: Path) -> Mapping[str, Any]:
    file = folder / RECIPE_FILE
    if not file.is_file():
        known = ", ".join(recipe_names(folder.parent)) or "none"
        raise ImageError(
            f"there is no recipe '{folder.name}'",
            why=f"{file} does not exist; recipes: {known}",
            next_step="run: testbed image list",
        )
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        what = f"not valid YAML: {' '.join(str(error).split())}"
        raise RecipeError(folder, (Problem(RECIPE_FILE, what),)) from error
    if not isinstance(data, dict):
        what = "a recipe is a mapping with 'name' and 'kind'"
        raise RecipeError(folder, (Problem(RECIPE_FILE, what),))
    return data


def _problem(entry: Mapping[str, Any]) -> Problem:
    """Turn one pydantic error into our words; the first part of the path is the recipe's kind."""
    path = [str(part) for part in entry["loc"]]
    where = ".".join(path[1:] if path[:1] in (["debian"], ["download"]) else path) or "kind"
    kind = entry["type"]
    if kind == "extra_forbidden":
        return Problem(where, f"'{path[-1]}' is not a known key", "remove it, or correct its name")
    if kind == "missing":
        return Problem(where, f"'{path[-1]}' is missing")
    if kind.startswith("union_tag"):
        return Problem("kind", "'kind' is 'debian' or 'download'")
    if kind == "string_pattern_mismatch":
        return Problem(where, f"'{entry['input']}' does not match {entry['ctx']['pattern']}")
    message = entry["msg"]
    return Problem(where, message[:1].lower() + message[1:])


def _rules(folder: Path, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between the parts; works on data whose parts may be wrong, too."""
    if isinstance(data.get("name"), str) and data["name"] != folder.name:
        hint = f"call it {folder.name}"
        yield Problem("name", f"'{data['name']}' is not the folder's name", hint)
    if data.get("kind") == "debian":
        yield from _parent_rules(folder, data)
        yield from _stages_rules(folder, data)


def _parent_rules(folder: Path, data: Mapping[str, Any]) -> Iterator[Problem]:
    parent = data.get("parent")
    if parent is None:
        for key in ("suite", "size", "boot"):
            if data.get(key) is None:
                yield Problem(key, f"'{key}' is missing", "only a recipe with a parent may omit it")
        return
    if data.get("suite") is not None:
        yield Problem("suite", "the suite is the parent's", "remove 'suite'")
    if parent not in recipe_names(folder.parent):
        known = ", ".join(recipe_names(folder.parent))
        yield Problem("parent", f"there is no recipe '{parent}'", f"recipes: {known}")
    elif _read_yaml(folder.parent / parent).get("kind") == "download":
        yield Problem("parent", f"'{parent}' is downloaded, so nothing can stand on it")


def _stages_rules(folder: Path, data: Mapping[str, Any]) -> Iterator[Problem]:
    stages = data.get("stages")
    names: set[str] = set()
    for index, entry in enumerate(stages if isinstance(stages, list) else []):
        try:
            stage = Stage.model_validate(entry)
        except ValidationError:
            continue  # told already
        where = f"stages.{index}"
        yield from _stage_rules(folder, stage, where)
        if stage.name in names:
            yield Problem(f"{where}.name", f"'{stage.name}' is the name of two stages")
        names.add(stage.name)
        if index == 0 and data.get("parent") is None and stage.packages is None:
            hint = "give it 'packages: []' or name a parent"
            yield Problem(where, "the first stage makes the tree, so it needs 'packages'", hint)


def _stage_rules(folder: Path, stage: Stage, where: str) -> Iterator[Problem]:
    if stage.packages is not None and stage.sources():
        what = f"stage '{stage.name}' has two actions: packages, and files or a script"
        yield Problem(where, what, "make two stages of it")
    if stage.packages is None and not stage.sources():
        yield Problem(where, f"stage '{stage.name}' does nothing", "give it packages or a script")
    for name in stage.sources():
        if not (folder / name).is_file():
            yield Problem(where, f"there is no file '{name}' beside {RECIPE_FILE}")
