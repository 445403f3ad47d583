"""Assistants that propose objects from clicks."""
