"""The first live release of a large study is made by a worker, and its readers are told."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from annotation.models import Stimulus, Study
from annotation.opinion import releases
from annotation.opinion.labels import count_labels
from annotation.opinion.numbering import ReleaseBusyError
from annotation.opinion.progress import progress_of, told_steps
from annotation.opinion.releases import RENEW, live_release
from annotation.opinion.tasks import renew_live_release
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db

WAITING = "Opinion scores are being made"


@pytest.fixture
def rated(study: Study, monkeypatch: pytest.MonkeyPatch) -> Stimulus:
    """Of a study that is large: it has more than one rating."""
    monkeypatch.setattr(releases, "FEW_RATINGS", 1)
    cache.clear()
    (image,) = make_stimuli(study, 1)
    for score in (3, 4):
        rate(image, make_rater(study), (score, 1, 1))
    return image


def test_a_worker_is_asked_once_and_readers_get_its_release(
    study: Study, rated: Stimulus, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for _reader in range(2):
            with pytest.raises(ReleaseBusyError):
                live_release(study)
    assert sent == [(RENEW, (study.pk,))]
    renew_live_release(study.pk)
    assert live_release(study).ratings == 2


def test_a_study_with_few_ratings_has_them_at_once(study: Study, rated: Stimulus) -> None:
    rated.trials.first().delete()  # type: ignore[union-attr] # it has two
    assert live_release(study).ratings == 1


def test_whoever_counts_labels_waits(study: Study, rated: Stimulus) -> None:
    assert count_labels(study).ratings == 2


def test_pages_say_that_scores_are_being_made(
    console: Client, study: Study, rated: Stimulus
) -> None:
    whole = {page: console.get(f"/studies/demo/{page}") for page in ("results/", "model/")}
    whole["raters"] = console.get("/studies/demo/results/raters/")
    for name, response in whole.items():
        assert (response.status_code, WAITING in response.content.decode()) == (200, True), name
    # These have something to show without scores.
    for page, said in {
        "export/": "being made for the first time",
        "results/generators/": "The generators are being compared.",
        "images/?sort=best": rated.filename,
        f"images/{rated.pk}/": rated.filename,
        "model/summary/": WAITING,
    }.items():
        response = console.get(f"/studies/demo/{page}")
        assert (response.status_code, said in response.content.decode()) == (200, True), page
    for file in ("results/raters.csv", "results/scores/plots/distribution-quality.svg"):
        assert console.get(f"/studies/demo/{file}").status_code == 503, file


def test_the_page_tells_how_far_they_are_and_loads_again_when_they_are_there(
    console: Client, study: Study, rated: Stimulus
) -> None:
    def look() -> Any:
        return console.get("/studies/demo/results/", headers={"HX-Trigger": "being-made"})

    assert "Waiting for a worker" in look().content.decode()
    told_steps(study)()
    assert "1 of 7 steps done" in look().content.decode()
    renew_live_release(study.pk)
    progress = progress_of(study)
    assert progress is not None
    assert progress.done == progress.total == 7
    assert look().headers["HX-Refresh"] == "true"
    assert WAITING not in console.get("/studies/demo/results/").content.decode()
