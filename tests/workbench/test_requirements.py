"""The workbench imports only what its own requirements install.

Tests run in an environment that has more, so that an import of one of their packages fails for the
first time where only requirements/base.txt is: in production, and in `make demo` of a new clone.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = {"annotation", "modelops", "workbench"}


@pytest.mark.parametrize("room", sorted(OWN))
def test_what_is_imported_is_required(room: str) -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in (ROOT / room).rglob("*.py")
        for line, name in imports(ast.parse(path.read_text()))
        if name not in OWN | sys.stdlib_module_names and not distributions(name) & required(path)
    ]
    assert missing == []


def test_an_import_that_may_fail_and_one_for_types_need_no_requirement() -> None:
    code = (
        "import a.b\n"
        "from c import d\n"
        "from .e import f\n"
        "if TYPE_CHECKING:\n    import g\n"
        "try:\n    import h\nexcept ImportError:\n    h = None\n"
        "with suppress(ImportError):\n    import i\n"
        "def f():\n    import j\n"
    )
    assert [name for _line, name in imports(ast.parse(code))] == ["a", "c", "j"]


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the package of each import that has to succeed."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((child.lineno, alias.name.partition(".")[0]) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.lineno, child.module.partition(".")[0]
        elif isinstance(child, ast.stmt | ast.ExceptHandler) and not may_be_missing(child):
            yield from imports(child)


def may_be_missing(statement: ast.AST) -> bool:
    match statement:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=ast.Name(id="suppress")))]):
            return "ImportError" in ast.unparse(statement.items[0])
        case ast.Try(handlers=handlers):
            return any(
                handler.type and "ImportError" in ast.unparse(handler.type) for handler in handlers
            )
    return False


def distributions(package: str) -> set[str]:
    return {normal(name) for name in installed().get(package, [])}


@cache
def installed() -> dict[str, list[str]]:
    return dict(packages_distributions())


def required(path: Path) -> set[str]:
    """What is installed where the module runs: that of `workbench/local` runs in no production."""
    local = path.is_relative_to(ROOT / "workbench" / "local")
    return listed("base") | (listed("local") if local else set())


@cache
def listed(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text()
    return {normal(found) for found in re.findall(r"(?m)^([\w.-]+)(?:\[[\w,]+\])?==", lines)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
