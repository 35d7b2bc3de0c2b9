"""A dataset release of a study in which everything happened that an archive can tell."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from annotation.opinion.dataset.jobs import run_dataset_job
from annotation.opinion.releases import make_release
from annotation.protocol.forms import ExplanationForm, FormField, FormText
from annotation.raters.services import set_rater_status
from annotation.removal.images import set_image_state
from tests.annotation.opinion.dataset.asked import ask
from tests.annotation.opinion.export.rated import rate, revise
from tests.factories import make_explanation, make_rater, make_session, make_stimuli, publish
from workbench.accounts.models import User

FORM = ExplanationForm(
    (FormField("blur", "quality", "Blur", ("Much", "Little")),),
    (FormText("quality", "Where?", "blur", 2, regions=True, words=True),),
)
CLIENT = {"viewport": [1280, 720], "pixel_ratio": 1.5, "browser": "Firefox", "dark": True}
SCORES = {"quality": 3, "authenticity": 2, "correspondence": 4}
WINDOW = {"shown_ms": 4200, "away": 2, "away_ms": 70, "image_size": [48, 32], "viewport": [9, 9]}


def released(study: Study, owner: User, *, name: str = "first", pictures: bool = True) -> Path:
    """The archive of a dataset release of all that there is now."""
    release = make_release(study, name=name, method="mos")
    job = ask(study, owner, number=release.number, pictures=pictures)
    run_dataset_job(job.pk)
    job.refresh_from_db()
    assert job.is_ready, job.error
    return Path(storages["artifacts"].path(job.archive))


@pytest.fixture
def archive(study: Study, owner: User) -> Path:
    study.explanation_form = FORM.to_json()
    study.save(update_fields=["explanation_form"])
    images = make_stimuli(study, 5, metadata={"seed": 2**63})
    Stimulus.objects.filter(pk=images[1].pk).update(split="holdout")
    Stimulus.objects.filter(pk=images[4].pk).update(purpose="practice", wanted_ratings=0)
    publish(images[0], "quality", 0.7, sd=0.1, raters=9)
    raters = [make_rater(study, code=f"R{number}") for number in range(3)]
    for rater in raters:
        make_session(rater, "done", client=CLIENT, begun_at=timezone.now(), seed=7)
    # Later images are answered first: the order of answers is another than that of images.
    for place, image in enumerate(reversed(images[:4])):
        for rater in raters[place == 3 :]:
            trial = rate(rater, image, {**SCORES, "quality": 1 + place}, position=place)
            Trial.objects.filter(pk=trial.pk).update(behaviour=WINDOW, asked_up_to=0.5)
    revise(trial, "quality", 5)
    box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}
    make_explanation(
        trial, "quality", text="=Blurred", phrases={"blur": 2}, words=[0], regions=[box]
    )
    rate(raters[0], images[4], SCORES, position=8, role="practice")
    _skip(raters[0], images[0])
    set_rater_status(rater=raters[1], actor=owner, status="excluded", reason="Clicked through.")
    set_image_state(stimulus=images[3], actor=owner, state="excluded", reason="A real person.")
    return released(study, owner)


def _skip(rater: Rater, image: Stimulus) -> None:
    now = timezone.now()
    Trial.objects.create(
        session=RatingSession.objects.get(rater=rater),
        rater=rater,
        stimulus=image,
        position=9,
        draw="priority",
        state="skipped",
        leased_at=now,
        lease_expires_at=now + timedelta(minutes=5),
        skip_reason="other",
        skip_note="My cat.",
        behaviour={"shown_ms": 12},
    )


def files_of(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as packed:
        return {name.partition("/")[2]: packed.read(name) for name in packed.namelist()}


def data_of(archive: Path) -> str:
    found: str = json.loads(files_of(archive)["study.json"])["dataset"]["data_sha256"]
    return found
