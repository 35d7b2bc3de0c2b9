"""What a link shows before, between and after sessions; each state is yielded by its name."""

from collections.abc import Iterator
from dataclasses import replace

from django.core.cache import cache
from django.db.models import F
from playwright.sync_api import expect

from annotation.models import Participant, Rater, SharedLink, Stimulus
from annotation.protocol.plan import PLAIN
from annotation.protocol.recruitment import PLATFORMS
from annotation.protocol.viewing import ViewingChecks
from annotation.raters.invitations import (
    JOINS_PER_MINUTE,
    close_shared_link,
    open_shared_link,
    set_recruitment,
    shared_link_path,
)
from tests import factories
from tests.annotation.answering import answer
from tests.e2e.states.scene import Scene

#: Practice images; with so many, the instructions show examples.
EXAMPLES = (200, 201, 202, 203)


def sessions(scene: Scene) -> Iterator[str]:
    page = scene.page
    scene.open_link()
    yield "consent"
    for number, stimulus in enumerate(
        factories.make_stimuli(scene.study, EXAMPLES, purpose="practice")
    ):
        factories.publish(
            stimulus=stimulus, perspective="quality", mos=number / 3, source="experts"
        )
    scene.sit("instructions")
    scene.open_link()
    expect(page.get_by_role("heading", name="Examples, and what the study expects")).to_be_visible()
    yield "instructions with examples"
    for state in ("paused", "expired", "withdrawn", "stopped", "screened_out", "done"):
        scene.sit(state)
        scene.open_link()
        yield state
    session = scene.sit("done")
    for stimulus in scene.images:
        answer(session, stimulus, 3)
    scene.open_link()
    expect(page.get_by_text("There are no more images for you at the moment.")).to_be_visible()
    yield "done, and nothing left"
    open_shared_link(study=scene.study, quota=3, actor=scene.owner)
    prolific = PLATFORMS["prolific"].to_json()
    set_recruitment(study=scene.study, recruitment=prolific, actor=scene.owner)
    Participant.objects.create(rater=scene.rater, study=scene.study, identifier="5f1a")
    scene.open_link()
    expect(page.get_by_role("link", name="Back to the platform")).to_be_visible()
    yield "done, with the way back to a platform"


def checks(scene: Scene) -> Iterator[str]:
    page = scene.page
    asked = ViewingChecks(
        card=True, greys=True, plates=True, acuity=True, minimum_width=2560, minimum_height=300
    )
    scene.set_study(viewing_checks=asked.to_json())
    scene.open_link()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Please enlarge the window")).to_be_visible()
    yield "checks of screen and eyes, in a window that is too small"


def notices(scene: Scene) -> Iterator[str]:
    page = scene.page
    scene.go("/rate/nonsense/")
    yield "wrong link"
    Rater.objects.update(status="excluded")
    scene.open_link()
    expect(page.get_by_role("heading", name="This link has been closed")).to_be_visible()
    yield "excluded"
    Rater.objects.update(status="active")
    for status in ("draft", "paused", "closed"):
        scene.set_study(status=status)
        scene.open_link()
        yield f"study {status}"
    scene.set_study(
        status="open", session_plan=replace(PLAIN, block_trials=1, daily_trials=1).to_json()
    )
    answer(scene.sit("done"), scene.images[0], 3)
    scene.open_link()
    expect(page.get_by_role("heading", name="Enough for today")).to_be_visible()
    yield "daily limit"
    newcomer = factories.make_rater(scene.study)
    Stimulus.objects.update(claimed_ratings=F("wanted_ratings"))
    scene.rater = newcomer
    scene.open_link()
    expect(page.get_by_role("heading", name="Everything is rated")).to_be_visible()
    yield "full"


def joining(scene: Scene) -> Iterator[str]:
    page = scene.page
    link = open_shared_link(study=scene.study, quota=3, actor=scene.owner)
    address = shared_link_path(link)
    scene.go(address)
    yield "join"
    cache.set(f"annotation.joins.{link.pk}", JOINS_PER_MINUTE, timeout=60)
    page.get_by_role("button", name="Take part").click()
    expect(page.get_by_role("heading", name="One moment, please")).to_be_visible()
    yield "shared link busy"
    cache.clear()
    scene.go(address)
    page.get_by_role("button", name="Take part").click()
    expect(page.get_by_label("Your own link")).to_be_visible()
    yield "joined"
    page.context.clear_cookies()
    SharedLink.objects.update(used=F("quota"))
    scene.go(address)
    expect(page.get_by_role("heading", name="Enough people have joined")).to_be_visible()
    yield "shared link full"
    close_shared_link(study=scene.study, actor=scene.owner)
    scene.go(address)
    expect(page.get_by_role("heading", name="This invitation has ended")).to_be_visible()
    yield "shared link closed"
    open_shared_link(study=scene.study, quota=99, actor=scene.owner)
    prolific = PLATFORMS["prolific"].to_json()
    set_recruitment(study=scene.study, recruitment=prolific, actor=scene.owner)
    scene.go(f"{address}?PROLIFIC_PID=5f1a")
    expect(page.get_by_text("told us your number there")).to_be_visible()
    yield "join from a platform"
    Stimulus.objects.update(claimed_ratings=F("wanted_ratings"))
    scene.go(f"{address}?PROLIFIC_PID=5f1a")
    expect(page.get_by_role("link", name="Back to the platform")).to_be_visible()
    yield "full, with the way back to a platform"
    scene.go(address)
    expect(page.get_by_role("heading", name="Open this study from its platform")).to_be_visible()
    yield "a platform without an id"
