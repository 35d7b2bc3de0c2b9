"""What every method of opinion scores must do, whichever it is."""

import json
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from annotation.opinion.methods import (
    METHODS,
    Estimates,
    OpinionError,
    Rescoring,
    ScaleLimits,
    Votes,
)
from annotation.opinion.methods.base import (
    parameters_json,
    parse_parameters,
    without_subjects,
)
from annotation.opinion.methods.graph import APART
from annotation.opinion.methods.mos import MeanOpinionScore
from annotation.protocol.verdicts import Verdict
from workbench.core.registry import UnknownEntryError

from .panel import ACR5, SLIDER, estimated, permuted, sparse_panel, votes

OF_STIMULI = ("value", "standard_error", "low", "high", "sd", "n", "mean")
OF_SUBJECTS = ("bias", "inconsistency", "verdict", "reason")

#: Of a rater with one score they know nothing.
OF_Z_SCORES = ("aigciqa2023", "zscore")

#: To them a vote is what rounding and the ends of the scale left of an opinion.
OF_LEVELS = ("ordinal",)

#: They compare raters, who have to be connected by images.
COMPARING = (*OF_Z_SCORES, "bias_removed", "ordinal", "p910", "p913", "subject_map")

every_method = pytest.mark.parametrize("name", sorted(METHODS))


def assert_same(found: Estimates, expected: Estimates, names: tuple[str, ...]) -> None:
    for name in names:
        one, two = _item(found, name), _item(expected, name)
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9, err_msg=name)
        else:
            assert one.tolist() == two.tolist(), name


def _item(found: Estimates, name: str) -> Any:
    return getattr(found.subjects if name in OF_SUBJECTS else found, name)


@every_method
def test_it_says_what_it_is(name: str) -> None:
    method = METHODS[name]
    assert method.name == name
    assert name.isidentifier()
    assert len(name) <= 40
    assert method.version
    assert method.citation
    assert method.label
    assert is_dataclass(method.parameters)


@every_method
def test_one_number_per_stimulus_and_one_finding_per_subject(name: str) -> None:
    panel = sparse_panel()
    found = estimated(name, panel)
    for item in OF_STIMULI:
        assert _item(found, item).shape == (panel.stimuli,), item
    for item in OF_SUBJECTS:
        assert _item(found, item).shape == (panel.subjects,), item
    assert found.n.dtype.kind == "i"
    assert set(found.subjects.verdict.tolist()) <= set(Verdict)
    rated = found.n > 0
    assert np.isfinite(found.value[rated]).all()
    assert np.isnan(found.value[~rated]).all()
    for stimulus in np.flatnonzero(rated):
        own = panel.stimulus == stimulus
        plain = np.average(panel.score[own], weights=panel.weight[own])
        assert found.mean[stimulus] == pytest.approx(plain)
    assert_intervals(found, limits_of(name, panel))


def limits_of(name: str, panel: Votes) -> tuple[float, float]:
    method = METHODS[name]
    return method.limits(panel.scale, method.parameters())


def assert_intervals(found: Estimates, limits: tuple[float, float]) -> None:
    """Inside the limits, with a width, around every value that is inside, too."""
    assert np.isfinite(limits).all()
    assert limits[0] < limits[1]
    rated = found.n > 0
    low, high, value = found.low[rated], found.high[rated], found.value[rated]
    assert (low >= limits[0]).all()
    assert (high <= limits[1]).all()
    assert (low < high).all()
    inside = np.clip(value, *limits)
    assert (low <= inside).all()
    assert (inside <= high).all()
    assert np.isfinite(found.standard_error[rated]).all()
    assert np.isnan(found.low[~rated]).all()
    assert np.isnan(found.standard_error[~rated]).all()


@every_method
def test_votes_are_counted_by_level_if_a_scale_has_levels(name: str) -> None:
    panel = votes([1, 5, 5, 2, 2, 2], [0, 0, 0, 1, 1, 1], [0, 1, 2] * 2, stimuli=2, subjects=3)
    found = estimated(name, panel)
    assert found.counts is not None
    assert found.counts.tolist() == [[1, 0, 0, 0, 2], [0, 3, 0, 0, 0]]
    assert estimated(name, sparse_panel(scale=SLIDER)).counts is None


@every_method
def test_twice_is_the_same_to_the_last_bit(name: str) -> None:
    panel = sparse_panel()
    one, two = estimated(name, panel), estimated(name, panel)
    for first, second in zip(one.arrays(), two.arrays(), strict=True):
        np.testing.assert_array_equal(first, second)
    assert one.notes == two.notes
    assert dict(one.common) == dict(two.common)


@every_method
def test_no_votes_give_no_scores(name: str) -> None:
    found = estimated(name, votes([], [], [], stimuli=3, subjects=2))
    assert found.n.tolist() == [0, 0, 0]
    assert np.isnan(found.value).all()
    assert estimated(name, votes([], [], [], stimuli=0, subjects=0)).value.shape == (0,)


@every_method
def test_a_single_vote_is_its_own_score_without_a_spread(name: str) -> None:
    found = estimated(name, votes([4], [0], [0], stimuli=1, subjects=1))
    assert found.mean.tolist() == [4.0]
    assert np.isnan(found.sd[0])
    if name in OF_Z_SCORES:
        assert found.n.tolist() == [0]
        assert np.isnan(found.value[0])
    elif name in OF_LEVELS:
        # What others would vote who scatter as much: the ends of the scale draw it to the middle.
        assert 3.5 < found.value[0] < 4
        assert found.n.tolist() == [1]
    else:
        assert found.value.tolist() == [4.0]
        assert found.n.tolist() == [1]


def _blocks() -> Votes:
    """Two raters of two images, and two others of two others."""
    stimulus = [0, 0, 1, 1, 2, 2, 3, 3]
    return votes([1, 2, 2, 4, 3, 5, 4, 4], stimulus, [0, 1] * 2 + [2, 3] * 2, stimuli=4, subjects=4)


def _repeated() -> Votes:
    """Three raters, of whom one rates two of the four images twice and thrice."""
    stimulus, subject = [0, 1, 2, 3] * 3 + [0, 1, 1], [*np.repeat(range(3), 4), 2, 2, 2]
    score = [1, 2, 4, 5, 2, 2, 3, 5, 1, 3, 4, 4, 2, 3, 3]
    return votes(score, stimulus, subject, stimuli=4, subjects=3)


def _same(score: float) -> Votes:
    stimulus, subject = (item.ravel() for item in np.indices((6, 4)))
    return votes(np.full(24, score), stimulus, subject, stimuli=6, subjects=4)


HARD = {
    "one rater": votes([1, 3, 3, 5], range(4), [0] * 4, stimuli=4, subjects=1),
    "one image": votes([1, 3, 3, 5], [0] * 4, range(4), stimuli=1, subjects=4),
    "one image of one level": votes([5] * 4, [0] * 4, range(4), stimuli=1, subjects=4),
    "one vote of each rater": votes([1, 3, 3, 5], [0, 0, 1, 1], range(4), stimuli=2, subjects=4),
    "always the middle": _same(3),
    "always the end": _same(1),
    "two groups": _blocks(),
    "repetitions": _repeated(),
    "a slider": sparse_panel(scale=SLIDER),
    "a scale of two levels": sparse_panel(scale=ScaleLimits(0, 1, 2)),
    "a scale far from 0": sparse_panel(scale=ScaleLimits(1e6, 1e6 + 4, 5)),
}


@every_method
@pytest.mark.parametrize("case", sorted(HARD))
def test_hard_panels_give_numbers_with_intervals_on_the_scale(name: str, case: str) -> None:
    panel = HARD[case]
    found = estimated(name, panel)
    rated = found.n > 0
    assert rated.all() or name in OF_Z_SCORES
    assert np.isfinite(found.value[rated]).all()
    assert_intervals(found, limits_of(name, panel))
    assert all(isinstance(note, str) for note in found.notes)
    json.dumps(dict(found.common), allow_nan=False)


@pytest.mark.parametrize("name", COMPARING)
def test_groups_that_share_no_rating_are_named(name: str) -> None:
    assert APART in estimated(name, _blocks()).notes
    assert APART not in estimated(name, _repeated()).notes


RESCORING = [name for name in sorted(METHODS) if isinstance(METHODS[name], Rescoring)]


@pytest.mark.parametrize("name", RESCORING)
def test_scoring_an_unchanged_image_again_changes_nothing(name: str) -> None:
    panel, method = sparse_panel(), METHODS[name]
    assert isinstance(method, Rescoring)
    full = estimated(name, panel)
    places = np.array([7, 2, 9])
    part = panel.kept(np.isin(panel.stimulus, places))
    own = replace(
        part,
        stimulus=np.argsort(places)[np.searchsorted(np.sort(places), part.stimulus)],
        stimuli=3,
    )
    found = method.rescore(own, method.parameters(), full.subjects, full.common)
    for item in OF_STIMULI:
        np.testing.assert_allclose(_item(found, item), _item(full, item)[places], rtol=1e-9)
    assert found.subjects is full.subjects
    assert dict(found.common) == dict(full.common)


@pytest.mark.parametrize("name", RESCORING)
def test_a_rater_that_the_last_fit_did_not_know_is_a_usual_one(name: str) -> None:
    panel, method = sparse_panel(), METHODS[name]
    assert isinstance(method, Rescoring)
    full = estimated(name, panel)
    nobody = without_subjects(1)
    own = votes([2], [0], [0], scale=panel.scale, stimuli=1, subjects=1)
    found = method.rescore(own, method.parameters(), nobody, full.common)
    assert_intervals(found, limits_of(name, panel))
    assert found.value[0] == pytest.approx(2, abs=0.5)


def test_the_means_and_the_subject_models_rescore() -> None:
    assert {"mos", "bias_removed", "subject_map", "ordinal"} <= set(RESCORING)


def test_a_vote_that_is_there_twice_is_named() -> None:
    with pytest.raises(OpinionError, match="subject 2 votes twice on stimulus 1 as repetition 1"):
        votes([1, 2, 2], [1, 1, 1], [2, 2, 2], repetition=[0, 1, 1], stimuli=2, subjects=3)


def test_votes_without_a_number_are_counted_in_their_order() -> None:
    panel = votes([1, 2, 3, 4, 5], [0, 1, 0, 0, 1], [1, 0, 1, 0, 0], stimuli=2, subjects=2)
    assert panel.repetition.tolist() == [0, 0, 1, 0, 1]


@every_method
def test_the_order_in_which_votes_are_listed_changes_nothing(name: str) -> None:
    panel = sparse_panel()
    order = np.random.default_rng(2).permutation(panel.score.size)
    assert_same(
        estimated(name, permuted(panel, order)),
        estimated(name, panel),
        (*OF_STIMULI, *OF_SUBJECTS),
    )


@every_method
def test_renumbering_raters_renumbers_their_findings_alone(name: str) -> None:
    panel = sparse_panel()
    places = np.random.default_rng(3).permutation(panel.subjects)
    found = estimated(name, replace(panel, subject=places[panel.subject]))
    expected = estimated(name, panel)
    assert_same(found, expected, OF_STIMULI)
    for item in ("bias", "inconsistency"):
        np.testing.assert_allclose(
            _item(found, item)[places], _item(expected, item), rtol=1e-9, atol=1e-9
        )
    assert found.subjects.verdict[places].tolist() == expected.subjects.verdict.tolist()


@every_method
def test_renumbering_stimuli_renumbers_their_scores_alone(name: str) -> None:
    panel = sparse_panel()
    places = np.random.default_rng(4).permutation(panel.stimuli)
    found = estimated(name, replace(panel, stimulus=places[panel.stimulus]))
    expected = estimated(name, panel)
    for item in OF_STIMULI:
        np.testing.assert_allclose(
            getattr(found, item)[places], getattr(expected, item), rtol=1e-9, atol=1e-9
        )
    assert_same(found, expected, OF_SUBJECTS)


@every_method
def test_parameters_go_to_json_and_back(name: str) -> None:
    method = METHODS[name]
    plain = method.parameters()
    assert parse_parameters(method, parameters_json(plain)) == plain
    with pytest.raises(OpinionError, match=f"parameters of “{name}”: there is no 'tempo'"):
        parse_parameters(method, {"tempo": 1})


@dataclass(frozen=True)
class Rounds:
    rounds: int = 2


def test_a_parameter_of_another_type_is_named() -> None:
    class InRounds(MeanOpinionScore):
        name = "rounds"
        parameters = Rounds  # type: ignore[assignment] # of another method

    method = InRounds()
    assert parse_parameters(method, {"rounds": 3}) == Rounds(3)
    for wrong in ("many", 2.5, True, None):
        with pytest.raises(OpinionError, match=r"of “rounds”: rounds is .*, not a whole number"):
            parse_parameters(method, {"rounds": wrong})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [1, float("nan")]}, "score 1 is nan, no finite number"),
        ({"score": [1, 6]}, "score 1 is 6.0, outside 1…5"),
        ({"stimulus": [0, 1]}, "stimulus 1 is 1, outside 0…0"),
        ({"subject": [-1, 0]}, "subject 0 is -1, outside 0…1"),
        ({"stimulus": [0]}, "stimulus has the shape"),
        ({"weight": [1, 0]}, "weight 1 is 0.0, not a finite number above 0"),
        ({"weight": [1]}, "weight has the shape"),
        ({"repetition": [0, -1]}, "repetition 1 is -1, below 0"),
    ],
)
def test_wrong_votes_are_named(change: dict[str, list[float]], message: str) -> None:
    given = {"score": [1, 2], "stimulus": [0, 0], "subject": [0, 1], **change}
    with pytest.raises(OpinionError, match=message):
        votes(**given, stimuli=1, subjects=2)


def test_an_unknown_method_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownEntryError, match="no method of opinion scores 'median'; there are"):
        METHODS["median"]


def test_a_scale_finds_the_place_of_a_score() -> None:
    assert ACR5.level_of(np.array([1.0, 4.9])).tolist() == [0, 4]
    with pytest.raises(OpinionError, match="from 5 to 1"):
        replace(ACR5, minimum=5, maximum=1)
