"""Images that are taken out of use: what models learn from, predict and ask for."""

import pytest

from annotation.models import Stimulus, Study
from annotation.opinion.labels import labels_of
from annotation.removal.images import set_image_state
from annotation.removal.replacing import replace_image
from modelops.acquisition.ranking import publish_ranking
from modelops.models import ModelVersion, Prediction
from modelops.registry.current import current
from modelops.registry.holdout import holdout_labels, holdout_points
from modelops.registry.labelled import gather
from modelops.registry.selectors import most_uncertain, new_stimuli, unscored_stimuli
from modelops.runs.scoring import start_scoring
from tests.factories import make_stimuli, png
from tests.modelops.conftest import score_all

pytestmark = pytest.mark.django_db(transaction=True)


def take_out(stimulus: Stimulus, state: str) -> None:
    set_image_state(stimulus=stimulus, actor=None, state=state, reason="wrong")


def test_only_images_in_use_are_asked_for(study: Study, scored: ModelVersion) -> None:
    unrated = make_stimuli(study, range(900, 903))
    start_scoring(version=scored)
    score_all(scored)
    wanted = {item.pk for item in most_uncertain(scored, current(scored), 1000)}
    assert {item.pk for item in unrated} <= wanted
    ranked = publish_ranking(scored)
    for stimulus, state in zip(unrated, ("withdrawn", "excluded", "purged"), strict=True):
        take_out(stimulus, state)
    gone = {item.pk for item in unrated}
    assert {item.pk for item in most_uncertain(scored, current(scored), 1000)} == wanted - gone
    again = publish_ranking(scored)
    assert set(ranked.priorities) - set(again.priorities) == gone
    assert again.candidates == ranked.candidates - 3


def test_what_counts_is_predicted_and_nothing_else(study: Study, scored: ModelVersion) -> None:
    images = make_stimuli(study, range(900, 904))
    assert list(unscored_stimuli(scored)) == images
    for stimulus, state in zip(images, ("withdrawn", "excluded", "purged"), strict=False):
        take_out(stimulus, state)
    assert list(unscored_stimuli(scored)) == [images[0], images[3]]
    new = replace_image(stimulus=images[3], data=png(950), actor=None, reason="wrong file")
    assert list(new_stimuli(scored)) == [images[0], new]
    start_scoring(version=scored)
    score_all(scored)
    assert not new_stimuli(scored).exists()
    assert Prediction.objects.filter(stimulus=new).exists()


def test_the_hold_out_is_measured_without_excluded_images(
    study: Study, scored: ModelVersion
) -> None:
    before = holdout_points(scored, holdout_labels(study))["quality"]
    first = Stimulus.objects.get(pk=before[0].stimulus)
    take_out(first, "withdrawn")
    assert holdout_points(scored, holdout_labels(study))["quality"] == before
    take_out(first, "excluded")
    after = holdout_points(scored, holdout_labels(study))["quality"]
    # The intervals differ a little: they are by the scatter of all labels.
    assert [(point.stimulus, point.mos, point.expected) for point in after] == [
        (point.stimulus, point.mos, point.expected) for point in before[1:]
    ]


def test_a_training_under_way_goes_on_without_a_file_that_was_deleted(
    study: Study, labelled: list[Stimulus]
) -> None:
    labels = labels_of(study)
    everything = len(gather(study, labels).stimuli)
    take_out(Stimulus.objects.get(pk=labels[0].stimulus), "purged")
    splits = gather(study, labels)
    assert len(splits.stimuli) == everything - 1
    assert labels[0].stimulus not in {item.pk for item in splits.stimuli}
