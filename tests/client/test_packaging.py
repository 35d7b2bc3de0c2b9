"""What the client needs is what it installs."""

import ast
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

_CLIENT = Path(__file__).parents[2] / "client"


def test_every_package_that_is_imported_is_a_dependency() -> None:
    """One that comes with another package on this Python may be missing on the next."""
    project = tomllib.loads((_CLIENT / "pyproject.toml").read_text())["project"]
    installed = {Requirement(item).name.replace("-", "_") for item in project["dependencies"]}
    imported = {
        name.partition(".")[0]
        for path in _CLIENT.glob("src/**/*.py")
        # What only tables need is imported when it is asked for; or by checkers of types.
        for node in ast.parse(path.read_text()).body
        for name in _names(node)
    }
    assert imported - set(sys.stdlib_module_names) == installed


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [item.name for item in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module or ""]
    return []
