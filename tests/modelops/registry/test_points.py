"""What pages keep of a version is what is there, also after new ratings."""

import numpy as np
import pytest

from annotation.models import Stimulus
from annotation.opinion.labels import count_labels, labels_of
from annotation.opinion.releases import renew_live
from modelops.models import ModelVersion, Prediction
from modelops.registry.comparing import paired_predictions
from modelops.registry.current import current
from modelops.registry.holdout import holdout_labels, holdout_points
from modelops.registry.points import current_points
from modelops.registry.selectors import most_uncertain
from tests.factories import make_rater
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db


def test_points_pairs_and_rankings_that_are_kept_are_those_of_now(scored: ModelVersion) -> None:
    study = scored.study
    for _turn in range(2):
        points = holdout_points(scored, holdout_labels(study))
        assert current_points(scored) == points
        assert current_points(scored) is current_points(scored)
        pool = {it.stimulus for it in labels_of(study) if it.split == "pool"}
        assert count_labels(study).pool == len(pool)
        (held, *_) = Stimulus.objects.filter(study=study, split="holdout")
        rate(held, make_rater(study), [1, 1, 1])
        renew_live(study)
        assert current_points(scored) != points

    # The root mean square over the perspectives, by hand; hold-out images are passed over.
    unsure: dict[int, list[float]] = {}
    for row in Prediction.objects.filter(model_version=scored, stimulus__split="pool"):
        unsure.setdefault(row.stimulus_id, []).append(row.posterior_sd**2 + row.misfit_sd**2)
    ranked = sorted(unsure, key=lambda key: -float(np.mean(unsure[key])))
    for count in (1, 3, len(ranked)):
        found = most_uncertain(scored, current(scored), count)
        assert [image.pk for image in found] == ranked[:count]
    Stimulus.objects.filter(pk=ranked[0]).update(state="excluded")
    assert [it.pk for it in most_uncertain(scored, current(scored), 2)] == ranked[1:3]

    pairs = paired_predictions(scored, scored)["quality"]
    own = Prediction.objects.filter(model_version=scored, perspective__key="quality")
    means = dict(own.values_list("stimulus", "mean"))
    assert pairs.stimulus.tolist() == sorted(means)
    assert pairs.first.tolist() == [means[key] for key in sorted(means)]
