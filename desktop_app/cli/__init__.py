"""Headless commands: parse, build the configuration, run the job."""
