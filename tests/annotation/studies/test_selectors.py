"""What the console reads of a study's images."""

import pytest

from annotation.models import Stimulus, Study, Trial
from annotation.opinion.selectors import scores_of
from annotation.stimuli.importing.manifest import ManifestRow
from annotation.stimuli.imports.checks import CheckedRow
from annotation.stimuli.imports.holdout import draw_splits
from annotation.studies.selectors import stimuli_of
from tests import factories
from tests.factories import make_score


def test_only_main_trials_enter_the_mean_that_the_console_shows(study: Study) -> None:
    """A main 5 and its hidden repeat 1: the mean of what counts is 5, not 3."""
    (stimulus,) = factories.make_stimuli(study, 1)
    rater = factories.make_rater(study)
    now = study.created_at
    session = factories.make_session(rater, "instructions")
    for position, (role, score) in enumerate([("main", 5), ("repeat", 1)]):
        trial = Trial.objects.create(
            session=session,
            rater=rater,
            stimulus=stimulus,
            position=position,
            role=role,
            draw="plan",
            state="submitted",
            leased_at=now,
            lease_expires_at=now,
            submitted_at=now,
        )
        make_score(trial, "quality", score)
    (found,) = scores_of(study, [stimulus])[stimulus.pk].values()
    assert (found.perspective.key, found.value, found.n) == ("quality", 5.0, 1)


def test_images_that_no_rating_is_wanted_of_come_after_those_that_wait(study: Study) -> None:
    """Whatever their priority: practice and gold images want none, complete ones no more."""
    waiting, complete, out = factories.make_stimuli(study, 3, wanted_ratings=3)
    (practice,) = factories.make_stimuli(study, [9], purpose="practice", wanted_ratings=0)
    for image, priority, claimed in [(waiting, 0.1, 2), (complete, 0.9, 3), (practice, 0.8, 0)]:
        changed = Stimulus.objects.filter(pk=image.pk)
        changed.update(priority=priority, claimed_ratings=claimed)
    Stimulus.objects.filter(pk=out.pk).update(priority=1.0, state="withdrawn")
    assert list(stimuli_of(study)) == [waiting, complete, practice, out]


@pytest.mark.parametrize("name", ["text", "generator", "split"])
def test_a_filter_with_a_character_that_no_text_holds_finds_nothing(
    study: Study, name: str
) -> None:
    factories.make_stimuli(study, 1)
    assert not stimuli_of(study, filters={name: "a\0"}).exists()


def test_practice_images_decide_nothing_about_the_hold_out(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(holdout_share=0.9)
    study.refresh_from_db()
    practice = factories.make_stimuli(study, 40, purpose="practice")
    rows = [
        ManifestRow(number, number, f"main {number}.png", item.prompt.text, "one")
        for number, item in enumerate(practice)
    ]
    checked = [CheckedRow(row, "", None, None) for row in rows]
    splits, _said = draw_splits(study=study, rows=checked, purpose="main")
    # Nine tenths of 40 are 36; a systematic sample is within one of it.
    assert 35 <= list(splits.values()).count("holdout") <= 37
