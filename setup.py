"""Adds the files that come with the program to the package; all else stands in ``pyproject.toml``.

The table of ``pyproject.toml`` can look for packages or name them, not both, and ``resources/`` lies beside the
package.
"""

from setuptools import find_packages, setup

RESOURCES = "desktop_app.resources"

setup(
    packages=[*find_packages(include=["desktop_app", "desktop_app.*"]), RESOURCES],
    package_dir={RESOURCES: "resources"},
    package_data={RESOURCES: ["**/*"]},
)
