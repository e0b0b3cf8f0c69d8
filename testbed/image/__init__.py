"""Recipe → content digest → image in the cache."""

from testbed.image.digest import digest
from testbed.image.inventory import Entry, Removed, State
from testbed.image.models import Recipe
from testbed.image.reading import (
    RecipeError,
    read_lineage,
    read_recipe,
    recipe_names,
    recipes_folder,
)
from testbed.image.records import Image, Record
from testbed.image.store import Store, default_cache

__all__ = [
    "Entry",
    "Image",
    "Recipe",
    "RecipeError",
    "Record",
    "Removed",
    "State",
    "Store",
    "default_cache",
    "digest",
    "read_lineage",
    "read_recipe",
    "recipe_names",
    "recipes_folder",
]
