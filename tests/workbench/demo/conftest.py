"""A small world, imported into an open study that a live server shows."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from annotation.models import Study
from annotation.stimuli.imports.service import import_manifest
from tests.factories import make_study
from workbench.accounts.models import ApiToken, TokenScope, User
from workbench.demo.client import OwnerClient
from workbench.demo.crowd import Crowd, CrowdReport, World, members
from workbench.demo.raters import panel
from workbench.demo.world import write_world


@pytest.fixture(scope="session")
def world_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, seed=11, images=12, prompts=6)
    return folder


@pytest.fixture
def open_study(transactional_db: None, owner: User, world_folder: Path) -> Study:
    """Twelve images, two ratings wanted of each."""
    study = make_study(owner, target_ratings=2, maximum_ratings=2, session_trials=50)
    import_manifest(
        study=study, manifest=world_folder / "manifest.csv", images=world_folder / "images"
    )
    return study


@pytest.fixture
def token(owner: User) -> str:
    return str(ApiToken.objects.create(owner, name="test", scopes=list(TokenScope))[1])


@pytest.fixture
def owner_client(live_server: Any, token: str) -> OwnerClient:
    return OwnerClient(live_server.url, token)


def rate_all(client: OwnerClient, folder: Path, raters: int = 3, **options: Any) -> CrowdReport:
    """One session of each of `raters` new raters."""
    made = client.create_raters("demo", raters)
    return Crowd(World.read(folder), members(made, panel(1, raters)), **options).rate()


def answering(*answers: httpx.Response | httpx.TransportError) -> httpx.MockTransport:
    """A transport that gives these answers in turn."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        following = left.pop(0)
        if isinstance(following, httpx.TransportError):
            raise following
        return following

    return httpx.MockTransport(answer)
