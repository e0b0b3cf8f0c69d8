"""Recipes are read whole, and everything wrong with one is told at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from testbed.errors import ImageError
from testbed.image import RecipeError, read_lineage, read_recipe, recipe_names, recipes_folder
from testbed.image.models import DebianRecipe, DownloadRecipe

Write = Callable[..., Path]


def told(folder: Path) -> str:
    with pytest.raises(ImageError) as caught:
        read_recipe(folder)
    return "\n".join(caught.value.lines()).replace(str(folder.parent), "images")


def test_a_recipe_is_read_as_it_is_written(write: Write) -> None:
    recipe = read_recipe(write())
    assert isinstance(recipe, DebianRecipe)
    assert recipe.size == 1024
    assert [stage.name for stage in recipe.stages] == ["packages", "mark"]


def test_a_download_recipe_is_a_name_a_url_and_a_digest(recipes: Path) -> None:
    folder = recipes / "cloud"
    folder.mkdir()
    text = f"name: cloud\nkind: download\nurl: file:///x.qcow2\nsha256: {'a' * 64}\n"
    (folder / "recipe.yaml").write_text(text)
    assert isinstance(read_recipe(folder), DownloadRecipe)


@pytest.mark.parametrize("url", ["https://images.example/이미지.qcow2", "https://a b/c", "ftp://x"])
def test_a_url_that_cannot_be_asked_for_is_refused(recipes: Path, url: str) -> None:
    folder = recipes / "cloud"
    folder.mkdir()
    text = f"name: cloud\nkind: download\nurl: {url}\nsha256: {'a' * 64}\n"
    (folder / "recipe.yaml").write_text(text)
    assert f"  url: '{url}' does not match" in told(folder)


def test_an_escape_that_is_no_character_is_a_problem_of_the_recipe(recipes: Path) -> None:
    folder = recipes / "cloud"
    folder.mkdir()
    (folder / "recipe.yaml").write_text('name: "\\U00110000"\n')
    assert "not valid YAML" in told(folder)


def test_every_shipped_recipe_is_well_formed() -> None:
    names = recipe_names(recipes_folder())
    assert "base" in names
    for name in names:
        assert read_recipe(recipes_folder() / name).name == name


def test_all_problems_are_told_at_once(write: Write) -> None:
    folder = write(
        "tiny",
        color="red",
        size="1G",
        suite=None,
        stages=[
            {"name": "one", "why": "w", "packages": ["less"], "script": "10-mark.sh"},
            {"name": "two", "why": "w"},
            {"name": "three", "why": "w", "script": "nowhere.sh"},
        ],
    )
    assert told(folder) == (
        "error: recipe 'tiny' has 5 problems\n"
        "  color: 'color' is not a known key\n"
        "    hint: remove it, or correct its name\n"
        "  suite: 'suite' is missing\n"
        "    hint: only a recipe with a parent may omit it\n"
        "  stages.0: stage 'one' has two actions: packages, and files or a script\n"
        "    hint: make two stages of it\n"
        "  stages.1: stage 'two' does nothing\n"
        "    hint: give it packages or a script\n"
        "  stages.2: there is no file 'nowhere.sh' beside recipe.yaml\n"
        " next: edit images/tiny/recipe.yaml, then run: testbed image build tiny"
    )


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"suite": None}, "suite: 'suite' is missing"),
        ({"boot": None}, "boot: 'boot' is missing"),
        ({"kind": "iso"}, "kind: 'kind' is 'debian' or 'download'"),
        ({"kind": None}, "kind: 'kind' is 'debian' or 'download'"),
        ({"size": "12M"}, "size: input should be greater than or equal to 256"),
        ({"size": "big"}, "size: input should be a valid integer, unable to parse string"),
        ({"name": "other"}, "name: 'other' is not the folder's name"),
        ({"parent": "nobody", "suite": None}, "parent: there is no recipe 'nobody'"),
        ({"parent": "nobody"}, "suite: the suite is the parent's"),
        ({"stages": []}, "stages: tuple should have at least 1 item"),
        (
            {"stages": [{"name": "a", "why": "w", "script": "10-mark.sh"}]},
            "stages.0: the first stage makes the tree, so it needs 'packages'",
        ),
        (
            {"stages": [{"name": "a", "why": "w", "packages": []}] * 2},
            "stages.1.name: 'a' is the name of two stages",
        ),
        (
            {"stages": [{"name": "a", "why": "w", "packages": ["--force"]}]},
            "stages.0.packages.0: '--force' does not match",
        ),
        (
            {"stages": [{"name": "a", "why": "w", "script": "../x.sh"}]},
            "stages.0.script: '../x.sh' does not match",
        ),
        (
            {"stages": [{"name": "a", "why": "w", "files": {"etc/foo": "x"}}]},
            "stages.0.files.etc/foo",
        ),
    ],
)
def test_each_problem_has_its_place(write: Write, keys: dict[str, object], line: str) -> None:
    assert f"\n  {line}" in told(write("tiny", **keys))


def test_an_unknown_recipe_is_answered_with_the_known_ones(write: Write, recipes: Path) -> None:
    write("tiny")
    assert told(recipes / "huge") == (
        "error: there is no recipe 'huge'\n"
        "  why: images/huge/recipe.yaml does not exist; recipes: tiny\n"
        " next: run: testbed image list"
    )


def test_a_file_that_is_no_yaml_says_where(recipes: Path) -> None:
    (recipes / "tiny").mkdir()
    (recipes / "tiny" / "recipe.yaml").write_text("name: [tiny\n")
    assert "recipe.yaml: not valid YAML: while parsing" in told(recipes / "tiny")


def test_a_recipe_takes_what_it_omits_from_its_parent(write: Write, recipes: Path) -> None:
    write("tiny")
    stages = [{"name": "more", "why": "w", "packages": ["jq"]}]
    child = write("child", parent="tiny", suite=None, size=None, boot=None, stages=stages)
    assert [recipe.name for _, recipe in read_lineage(child)] == ["tiny", "child"]


def test_parents_in_a_circle_are_refused(write: Write) -> None:
    write("hen", parent="egg", suite=None)
    folder = write("egg", parent="hen", suite=None)
    assert "  parent: the parents form a cycle: egg → hen → egg" in told(folder)


def test_nothing_stands_on_a_download(write: Write, recipes: Path) -> None:
    (recipes / "cloud").mkdir()
    text = f"name: cloud\nkind: download\nurl: file:///x.qcow2\nsha256: {'a' * 64}\n"
    (recipes / "cloud" / "recipe.yaml").write_text(text)
    folder = write("tiny", parent="cloud", suite=None)
    assert "  parent: 'cloud' is downloaded, so nothing can stand on it" in told(folder)


def test_a_broken_parent_is_told_as_the_parents_problem(write: Write) -> None:
    write("tiny", color="red")
    with pytest.raises(RecipeError, match="recipe 'tiny' has 1 problem"):
        read_recipe(write("child", parent="tiny", suite=None))


def test_the_examples_of_the_readme_are_recipes(recipes: Path, write: Write) -> None:
    write("base")
    blocks = (recipes_folder() / "README.md").read_text().split("```yaml\n")[1:]
    for block in blocks:
        text = block.partition("```")[0]
        folder = recipes / yaml.safe_load(text)["name"]
        folder.mkdir()
        (folder / "recipe.yaml").write_text(text)
        for file in ("20-settings.sh", "fio.conf"):
            (folder / file).touch()
        assert read_recipe(folder).name == folder.name
    assert len(blocks) == 3
