import numpy as np
import pytest

from workbench.demo.grammar import Split, split_of
from workbench.demo.pretraining.probe import ProbeSettings, opinions, probe, study_of, truths

SMALL = ProbeSettings(seed=9, rated=60, unseen=30)


def test_no_prompt_is_both_rated_and_unseen() -> None:
    rated, unseen = study_of(SMALL)
    assert (len(rated), len(unseen)) == (60, 30)
    assert not {image.prompt for image in rated} & {image.prompt for image in unseen}
    assert all(split_of(image.prompt) is Split.STUDY for image in (*rated, *unseen))


def test_features_that_hold_the_truth_are_read_well_in_spite_of_noisy_labels() -> None:
    rated, unseen = study_of(SMALL)
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(3, 20))
    features = [
        truths(part) @ mixing + rng.normal(size=(len(part), 20)) * 0.02 for part in (rated, unseen)
    ]
    result = probe(
        features[0], opinions(rated, SMALL), features[1], truths(unseen), opinions(unseen, SMALL)
    )
    assert min(result.against_truth.values()) > 0.95
    assert result.mean_against_opinion < result.mean_against_truth
    assert result.mean_against_truth == pytest.approx(sum(result.against_truth.values()) / 3)


def test_features_that_hold_nothing_are_not_read_well() -> None:
    rated, unseen = study_of(SMALL)
    rng = np.random.default_rng(1)
    result = probe(
        rng.normal(size=(60, 20)),
        opinions(rated, SMALL),
        rng.normal(size=(30, 20)),
        truths(unseen),
        opinions(unseen, SMALL),
    )
    assert abs(result.mean_against_truth) < 0.4
