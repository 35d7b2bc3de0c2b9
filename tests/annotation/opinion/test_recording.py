"""Kept releases, made again from their records."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotation.models import OpinionRelease, Rater, ReleaseRecord, Study
from annotation.opinion.methods import METHODS, Estimates, Votes
from annotation.opinion.recording import recorded_scores, verify
from annotation.opinion.releases import live_release, make_release
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(study: Study) -> OpinionRelease:
    raters = [make_rater(study) for _ in range(3)]
    for place, stimulus in enumerate(make_stimuli(study, 4)):
        for shift, rater in enumerate(raters):
            rate(stimulus, rater, (1 + (place + shift) % 5, 3, 2))
    return make_release(study, name="first")


def test_a_release_is_made_again_from_its_record(release: OpinionRelease) -> None:
    found = verify(release)
    assert (found.holds, found.exact, found.scores) == (True, True, 36)


def test_what_comes_later_does_not_matter(release: OpinionRelease, study: Study) -> None:
    late = make_rater(study)
    for stimulus in study.stimuli.all():
        rate(stimulus, late, (1, 1, 1))
    Rater.objects.filter(study=study).exclude(pk=late.pk).update(status=Rater.Status.EXCLUDED)
    assert live_release(study).ratings == 4
    assert verify(release).holds


def test_the_keys_of_scores_go_to_bytes_and_back(release: OpinionRelease) -> None:
    keys = recorded_scores(release.record)
    assert keys.tolist() == sorted(keys.tolist())
    assert len(bytes(release.record.scores)) < 8 * keys.size


def test_a_score_that_was_tampered_with_is_told(release: OpinionRelease) -> None:
    first = release.scores.order_by("pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # past the triggers
        cursor.execute("UPDATE annotation_opinionscore SET value = 4.9 WHERE id = %s", [first])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert verify(release).faults == ["1 of its stored scores differ from those made again."]


def test_the_rounding_of_another_machine_is_no_fault(
    release: OpinionRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = METHODS["mos"].estimate

    def elsewhere(votes: Votes, parameters: Any) -> Estimates:
        found = plain(votes, parameters)
        return replace(found, value=found.value * (1 + 1e-12))

    monkeypatch.setattr(METHODS["mos"], "estimate", elsewhere)
    found = verify(release)
    assert (found.holds, found.exact) == (True, False)


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        ({"method": "gone"}, "This build has no method “gone”."),
        (
            {"method_version": "0"},
            "It was made by version 0 of its method; this build has 2.",
        ),
    ],
)
def test_what_this_build_cannot_make_is_told(
    release: OpinionRelease, made: dict[str, str], fault: str
) -> None:
    for name, value in made.items():
        setattr(release, name, value)
    assert verify(release).faults == [fault]


def test_erased_ratings_are_told(release: OpinionRelease, study: Study) -> None:
    Rater.objects.filter(study=study).first().trials.all().delete()  # type: ignore[union-attr]
    assert verify(release).faults == ["12 of its 36 scores were erased since."]


def test_the_live_release_has_no_record(study: Study, release: OpinionRelease) -> None:
    assert not verify(live_release(study)).holds
    assert ReleaseRecord.objects.count() == 1


def test_the_command_makes_lists_and_verifies(study: Study, release: OpinionRelease) -> None:
    def said(*words: str) -> str:
        output = StringIO()
        call_command("opinion_release", *words, stdout=output)
        return output.getvalue()

    assert said("make", study.slug, "second", "--method", "bias_removed").startswith("2\t")
    assert "bias_removed" in said("list", study.slug)
    assert said("verify", study.slug).splitlines() == ["1\t36 scores\tholds", "2\t36 scores\tholds"]
    with pytest.raises(CommandError, match="has kept no release 7; it has 1, 2"):
        said("verify", study.slug, "7")
    with pytest.raises(CommandError, match="already exists"):
        said("make", study.slug, "second")


def test_the_command_fails_for_a_release_that_does_not_hold(
    study: Study, release: OpinionRelease
) -> None:
    Rater.objects.filter(study=study).first().trials.all().delete()  # type: ignore[union-attr]
    with pytest.raises(CommandError, match="not what its record gives"):
        call_command("opinion_release", "verify", study.slug, stdout=StringIO())
