"""The live release of a large study, brought up to date image by image."""

import numpy as np
import pytest

from annotation.models import OpinionRelease, OpinionScore, Rater, Stimulus, Study
from annotation.opinion import releases, updating
from annotation.opinion.releases import is_stale, live_release, renew_live
from annotation.opinion.tasks import renew_live_releases
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["mos", "subject_map"])
def study(study: Study, request: pytest.FixtureRequest) -> Study:
    """Ten images by four raters."""
    Study.objects.filter(pk=study.pk).update(opinion_method=request.param)
    study.refresh_from_db()
    raters = [make_rater(study) for _ in range(4)]
    random = np.random.default_rng(1)
    for stimulus in make_stimuli(study, 10):
        for rater in raters:
            rate(stimulus, rater, tuple(int(score) for score in random.integers(1, 6, 3)))
    return study


@pytest.fixture
def large(study: Study, monkeypatch: pytest.MonkeyPatch) -> OpinionRelease:
    """Its live release, as if a fit took long."""
    monkeypatch.setattr(updating, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(updating, "OLD_GROWTH", 1.1)
    return live_release(study)


def values(release: OpinionRelease) -> dict[tuple[int, str], tuple[float, int | None]]:
    rows = OpinionScore.objects.filter(release=release)
    return {
        (row.stimulus_id, row.perspective.key): (row.value, row.n)
        for row in rows.select_related("perspective")
    }


def test_a_rated_image_gets_new_scores_and_the_others_keep_theirs(
    study: Study, large: OpinionRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = values(large)
    kept = set(OpinionScore.objects.filter(release=large).values_list("pk", flat=True))
    first = Stimulus.objects.filter(study=study).order_by("pk")[0]
    monkeypatch.setattr(updating, "_changed", lambda study, since: [first.pk])
    rate(first, make_rater(study), (5, 5, 5))
    assert is_stale(large)
    after = live_release(study)
    assert not is_stale(after)
    assert (after.pk, after.ratings, after.content_sha256) == (large.pk, 41, "")
    changed = {key for key, value in values(after).items() if value != before[key]}
    assert changed == {(first.pk, item.key) for item in study.perspective_settings}
    assert values(after)[first.pk, "quality"][1] == 5
    stays = set(OpinionScore.objects.filter(release=after).values_list("pk", flat=True))
    assert len(stays & kept) == 27


def test_an_update_is_near_what_a_fit_of_everything_gives(
    study: Study, large: OpinionRelease
) -> None:
    first = Stimulus.objects.filter(study=study).order_by("pk")[0]
    rate(first, Rater.objects.create(study=study, code="LATE"), (5, 1, 3))
    live = live_release(study)
    assert (live.ratings, live.basis["updated"]) == (41, True)
    updated = values(live)
    OpinionRelease.objects.filter(pk=large.pk).update(took=0.0)
    releases.mark_stale(study)
    fitted = values(renew_live(study))
    assert updated.keys() == fitted.keys()
    assert max(abs(updated[key][0] - fitted[key][0]) for key in fitted) < 0.35
    assert {key: value[1] for key, value in updated.items()} == {
        key: value[1] for key, value in fitted.items()
    }


def test_a_worker_fits_everything_again_when_the_study_has_grown(
    study: Study, large: OpinionRelease
) -> None:
    rater = make_rater(study)
    for stimulus in Stimulus.objects.filter(study=study):
        rate(stimulus, rater, (4, 4, 4))
    updated = live_release(study)
    assert (updated.content_sha256, updated.basis["updated"]) == ("", True)
    renew_live_releases()
    fitted = live_release(study)
    assert fitted.content_sha256
    assert (fitted.basis["updated"], fitted.basis["fit"]["ratings"]) == (False, 50)


def test_an_exclusion_is_no_matter_of_a_few_images(study: Study, large: OpinionRelease) -> None:
    first = study.raters.order_by("pk")[0]
    Rater.objects.filter(pk=first.pk).update(status=Rater.Status.EXCLUDED)
    assert not updating.can_update(large)
    assert live_release(study).ratings == 30
