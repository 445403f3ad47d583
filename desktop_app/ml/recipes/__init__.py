"""Recipes: how a family of methods turns labels into targets and outputs into labels."""

from desktop_app.ml.recipes.registry import RECIPES, recipe_named

__all__ = ["RECIPES", "recipe_named"]
