"""axe-core finds nothing on any page, in any state, in light or dark (WCAG 2.2 AA), and nothing is
printed that only a screen can use."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from tests.e2e.album import Album
from tests.e2e.axe import findings
from tests.e2e.conftest import leave
from tests.e2e.paper import useless_on_paper
from tests.e2e.states import accounts, arriving, console, rating
from tests.e2e.states.scene import Scene
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

States = Callable[[Scene], Iterator[str]]

SWEEP: list[States] = [
    arriving.sessions,
    arriving.checks,
    arriving.notices,
    arriving.joining,
    rating.scales,
    rating.dialogs,
    rating.answering,
    rating.interludes,
    accounts.second_factor,
    accounts.refusals,
    console.entrance,
    console.api_pages,
    console.setting_up,
    console.images,
    console.people,
    console.results,
    console.datasets,
    console.model,
]


@pytest.fixture
def scene(
    page: Page,
    live_server: LiveServer,
    study: Study,
    owner: User,
    rater: Rater,
    images: list[Stimulus],
) -> Iterator[Scene]:
    page.set_viewport_size({"width": 1366, "height": 768})
    yield Scene(page, live_server.url, study, owner, rater, images)
    leave(page)


@pytest.mark.parametrize("states", SWEEP, ids=lambda states: states.__name__)
def test_axe_finds_nothing(scene: Scene, states: States) -> None:
    found, album = [], Album(states.__name__.replace("_", "-"))
    for state in states(scene):
        album.take(scene.page, state)
        lines = [*findings(scene.page), *useless_on_paper(scene.page)]
        found += [f"{state}: {line}" for line in lines]
    album.close()
    assert found == []
