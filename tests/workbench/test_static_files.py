"""Static files as production serves them: hashed names, and modules that import by those names."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from workbench.storage import StaticStorage

_IMPORT = re.compile(r"""^(?:import\b.*|(?:import|\}).* from )["'](\.[^"']+)["'];$""", re.MULTILINE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def collected(served: Path, settings: Settings) -> Path:
    if not any(served.iterdir()):
        settings.STATIC_ROOT = served
        settings.STORAGES = {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "workbench.storage.StaticStorage"},
        }
        call_command("collectstatic", "--noinput", verbosity=0)
    return served


def scripts(folder: Path) -> list[Path]:
    """Ours as they are served, under hashed names."""
    hashed = re.compile(r"\.[0-9a-f]{12}\.js$")
    files = [*folder.glob("rating/*.js"), *folder.glob("annotation/*.js")]
    return [file for file in files if hashed.search(file.name)]


def test_every_import_of_a_module_names_a_hashed_file_that_exists(collected: Path) -> None:
    imports = [
        (file, target)
        for file in scripts(collected)
        for target in _IMPORT.findall(file.read_text())
    ]
    assert len(imports) > 40
    for file, target in imports:
        assert re.search(r"\.[0-9a-f]{12}\.js$", target), (file.name, target)
        assert (file.parent / target).exists(), (file.name, target)


def test_a_type_in_a_comment_is_no_import(collected: Path) -> None:
    [answer] = (collected / "rating").glob("answer.*.js")
    assert 'import("./marking.js").Region' in answer.read_text()


def test_modules_that_import_each_other_in_a_chain_settle(
    tmp_path: Path, settings: Settings
) -> None:
    """A pass settles one level; Django's own five would give up on six."""
    names = "abcdefgh"
    (tmp_path / "h.js").write_text("export const h = 1;\n")
    for name, next_name in pairwise(names):
        text = f'import {{ {next_name} }} from "./{next_name}.js";\nexport const {name} = 1;\n'
        (tmp_path / f"{name}.js").write_text(text)
    storage = StaticStorage(location=tmp_path, base_url="/static/")
    paths = {f"{name}.js": (storage, f"{name}.js") for name in names}
    outcomes = list(storage.post_process(paths))
    assert not [processed for _name, _hashed, processed in outcomes if processed is not True]
