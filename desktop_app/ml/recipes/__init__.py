"""Recipes: how a family of methods turns labels into targets and outputs into labels; ``registry`` names them all."""
