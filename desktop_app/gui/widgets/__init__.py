"""Widgets that know nothing of projects or jobs."""
