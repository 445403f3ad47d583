"""Use cases as functions: job(config, ctx) -> result; no Qt."""
