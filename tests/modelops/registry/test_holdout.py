"""The hold-out: one label for an image, and one figure for a version, wherever they are shown."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from scipy import stats

from annotation.models import AuditEntry, Score, Stimulus, Study
from annotation.opinion.comparison.ceiling import noise_ceiling
from annotation.opinion.comparison.prediction import MeasuredScores, compare_predictions
from annotation.opinion.labels import labels_of
from annotation.opinion.methods import ScaleLimits, Votes
from modelops.judging.gate import Outcome, judge
from modelops.models import ModelVersion
from modelops.registry import ceiling, verdicts
from modelops.registry.ceiling import mean_srcc_ceiling, noise_ceilings, srcc_ceiling
from modelops.registry.current import current
from modelops.registry.holdout import (
    holdout_labels,
    holdout_points,
    on_common_ground,
    standings,
)
from modelops.registry.labelled import gather
from modelops.registry.selectors import most_uncertain
from modelops.runs import scoring
from modelops.runs.promotion import promote
from modelops.runs.scoring import finish_scoring
from modelops.tasks import renew_ceilings
from tests.factories import make_rater, make_stimuli, publish
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import agreements_of, rate
from workbench.accounts.models import User
from workbench.templatetags.numbers import shown_number

#: What is expected of the six images of the hold-out, from each perspective.
ASCENDING = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
DESCENDING = (0.6, 0.4, 0.5, 0.3, 0.2, 0.1)
#: Of each of the six, from quality, authenticity and correspondence. The first raters' scores from
#: authenticity are 1, 2, 2, 3, 4, 4: with these, the labels no longer differ.
LATER_SCORES = ((5, 5, 5), (5, 4, 4), (3, 4, 4), (2, 3, 3), (1, 2, 1), (1, 2, 1))


def holdout(study: Study) -> list[Stimulus]:
    return list(study.stimuli.filter(split="holdout").order_by("pk"))


def rate_holdout_again(study: Study) -> None:
    """By two raters."""
    for rater in (make_rater(study), make_rater(study)):
        for stimulus, scores in zip(holdout(study), LATER_SCORES, strict=True):
            rate(stimulus, rater, scores)


def train_and_wait(train: Train) -> ModelVersion:
    """A candidate that has predicted everything, whose promotion is decided next."""
    version = train(promote_when_done=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "finish_scoring", lambda *, run_id: False)
        score_all(version)
    return version


def expect_of_holdout(version: ModelVersion, means: Sequence[float]) -> None:
    for stimulus, mean in zip(holdout(version.study), means, strict=True):
        version.predictions.filter(stimulus=stimulus).update(mean=mean)


def spearman_by_hand(study: Study, means: Sequence[float]) -> float:
    """Over the perspectives whose mean scores differ."""
    found = []
    for perspective in study.perspectives.all():
        scores = Score.objects.filter(perspective=perspective)
        given = [
            scores.filter(trial__stimulus=it).values_list("value", flat=True)
            for it in holdout(study)
        ]
        mos = [sum(values) / len(values) for values in given]
        if len(set(mos)) > 1:
            found.append(stats.spearmanr(means, mos).statistic)
    assert len(found) == 2
    return float(np.mean(found))


def test_a_label_from_two_sources_is_the_same_for_trainings_and_for_pages(study: Study) -> None:
    """One rater gave 5 of 1…5, a publication that does not say how many raters it had .5: it counts
    as 15 of them, so (1 · 1 + 15 · .5) / 16."""
    (stimulus,) = make_stimuli(study, [1], split="holdout")
    rate(stimulus, make_rater(study), (5, 3, 3))
    publish(stimulus=stimulus, perspective="quality", mos=0.5, source="elsewhere")
    trained_on = gather(study, labels_of(study)).holdout.labels.mos[0, 0]
    shown = holdout_labels(study).labels.mos[0, 0]
    assert trained_on == shown == 0.53125


def test_the_figures_of_now_are_the_stored_ones_for_every_perspective(
    study: Study, scored: ModelVersion, client: Client, owner: User
) -> None:
    points = holdout_points(scored, holdout_labels(study))
    assert list(points) == ["quality", "authenticity", "correspondence"]
    (standing,) = standings([points])
    for key, stored in agreements_of(scored).items():
        low, high = standing.srcc_interval(key) or (None, None)
        of_now = standing.agreements[key].to_json() | {"srcc_low": low, "srcc_high": high}
        assert of_now == pytest.approx(stored.to_json())
        assert stored.n == 6
    promote(version=scored, actor=owner)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    for stored in agreements_of(scored).values():
        for value in (stored.srcc, stored.plcc, stored.krcc):
            assert f'<td class="number">{value:.3f}</td>' in text
        # In levels: the scale has five, four apart.
        assert stored.rmse is not None
        assert f'<td class="number">{4 * stored.rmse:.2f} <span' in text
    mean = np.mean([it.srcc for it in agreements_of(scored).values()])
    assert f"<dt>Mean hold-out SRCC</dt><dd>{mean:.3f}</dd>" in text


@pytest.mark.parametrize("worse", [True, False], ids=["kept back", "promoted"])
def test_the_page_shows_the_mean_that_decided_a_promotion(
    study: Study,
    labelled: list[Stimulus],
    train: Train,
    client: Client,
    owner: User,
    worse: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are stored with the same metrics, of the labels that both were trained on. By ratings
    that came later one of them is much better."""
    # From one perspective labels do not differ, and there are but six: the gate would ask.
    outcome = Outcome.KEEP if worse else Outcome.PROMOTE
    monkeypatch.setattr(
        verdicts, "judge", lambda held, fewest: replace(judge(held, fewest=fewest), outcome=outcome)
    )
    active, candidate = train(), train_and_wait(train)
    score_all(active)
    promote(version=active, actor=owner)
    expect_of_holdout(active, DESCENDING if worse else ASCENDING)
    expect_of_holdout(candidate, ASCENDING if worse else DESCENDING)
    rate_holdout_again(study)
    assert agreements_of(active) == agreements_of(candidate)

    finish_scoring(run_id=candidate.scoring_runs.get().pk)
    told = AuditEntry.objects.get(
        action="model.kept_back" if worse else "model.promoted", actor=None
    )
    better, lesser = spearman_by_hand(study, DESCENDING), spearman_by_hand(study, ASCENDING)
    assert told.detail["srcc"] == pytest.approx(lesser if worse else better)
    assert told.detail["active_srcc"] == pytest.approx(better if worse else lesser)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert f"<dt>Mean hold-out SRCC</dt><dd>{shown_number(better, 3)}</dd>" in text
    mean = '<th scope="row">Mean</th>\n        <td></td>\n        <td class="number">%s</td>'
    assert mean % shown_number(better, 3) in text
    assert (mean % shown_number(lesser, 3) in text) is worse  # on the card of the candidate
    assert (f'<span class="badge warn">{shown_number(lesser - better, 3)}</span>' in text) is worse


def test_images_without_a_label_or_a_prediction_are_no_points(
    study: Study, scored: ModelVersion
) -> None:
    held_out = list(Stimulus.objects.filter(split="holdout").order_by("pk"))
    scored.predictions.filter(stimulus=held_out[0], perspective__key="quality").delete()
    make_stimuli(study, [700], split="holdout")
    points = holdout_points(scored, holdout_labels(study))
    assert [it.stimulus for it in points["quality"]] == [it.pk for it in held_out[1:]]
    assert [it.stimulus for it in points["authenticity"]] == [it.pk for it in held_out]


def test_versions_are_compared_on_what_all_have_predicted(
    study: Study, scored: ModelVersion, train: Train
) -> None:
    second = train()
    score_all(second)
    labelled = holdout_labels(study)
    held_out = [it.pk for it in labelled.stimuli]
    scored.predictions.filter(stimulus=held_out[0]).delete()
    second.predictions.filter(stimulus=held_out[1]).delete()
    found = on_common_ground([holdout_points(version, labelled) for version in (scored, second)])
    for points in found:
        assert [it.stimulus for it in points["quality"]] == held_out[2:]
    assert on_common_ground([]) == []


def test_the_least_sure_images_come_by_the_root_mean_square_of_what_is_unknown(
    study: Study, scored: ModelVersion
) -> None:
    unknown: dict[int, float] = defaultdict(float)
    for it in scored.predictions.filter(stimulus__split="pool"):
        unknown[it.stimulus_id] += it.posterior_sd**2 + it.misfit_sd**2
    worst = most_uncertain(scored, current(scored), 5)
    in_order = sorted(unknown, key=lambda pk: -unknown[pk])
    assert [stimulus.pk for stimulus in worst] == in_order[:5]


def votes_by_hand(study: Study, key: str) -> tuple[Votes, list[str]]:
    """The hold-out's ratings from one perspective, and the prompt of each image."""
    scores = Score.objects.filter(perspective__key=key, trial__stimulus__split="holdout")
    rows = scores.order_by("trial").values_list("trial__stimulus", "trial__rater", "value")
    stimulus, rater, value = (np.array(column) for column in zip(*rows, strict=True))
    (stimuli, image), (raters, who) = (
        np.unique(each, return_inverse=True) for each in (stimulus, rater)
    )
    scale = ScaleLimits(1, 5, 5)
    votes = Votes.of(value, image, who, scale=scale, stimuli=stimuli.size, subjects=raters.size)
    prompts = Stimulus.objects.filter(pk__in=stimuli.tolist()).order_by("pk")
    return votes, list(prompts.values_list("prompt__group_sha256", flat=True))


def test_the_page_has_intervals_by_prompt_and_the_noise_ceiling(
    study: Study, scored: ModelVersion, client: Client, owner: User
) -> None:
    cache.clear()
    first, second = holdout(study)[:2]
    Stimulus.objects.filter(pk=second.pk).update(prompt=first.prompt)
    promote(version=scored, actor=owner)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    points = holdout_points(scored, holdout_labels(study))
    (standing,) = standings([points])
    tops: list[float] = []
    for key, found in points.items():
        votes, prompts = votes_by_hand(study, key)
        _, prompt = np.unique(prompts, return_inverse=True)
        assert prompt.max() + 1 == len(found) - 1
        measured = MeasuredScores.of([it.mos for it in found], prompt=prompt)
        core = compare_predictions([it.expected.mean for it in found], measured, draws=1000).srcc
        assert core is not None
        assert standing.srcc_interval(key) == (core.low, core.high)
        shown = " … ".join(shown_number(end, 2) for end in (core.low, core.high))
        assert f'<td class="number">{shown}</td>' in text
        top = noise_ceiling(votes, prompt=prompt).srcc
        assert top is not None
        assert srcc_ceiling(noise_ceilings(study), key) == top
        assert f'<td class="number">{top.value:.2f} <span class="muted">{top.low:.2f}' in text
        tops.append(top.value)
    mean = shown_number(float(np.mean(tops)), 2)
    assert f"<dt>Noise ceiling of the SRCC</dt><dd>{mean}</dd>" in text
    assert f'<td></td>\n        <td class="number">{mean}</td>' in text
    assert mean_srcc_ceiling(noise_ceilings(study), [*points, "unknown"]) is None


def test_a_large_study_s_ceilings_are_left_to_a_worker(
    study: Study, scored: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(ceiling, "_SMALL", 3)
    monkeypatch.setattr(ceiling, "ask_worker", lambda *task, seconds: asked.append(task))
    assert noise_ceilings(study) == {}
    assert asked == [("modelops.tasks.renew_ceilings", study.pk)]
    renew_ceilings(study.pk)
    assert list(noise_ceilings(study)) == ["quality", "authenticity", "correspondence"]


def test_a_hold_out_without_ratings_of_two_people_has_no_ceiling(study: Study) -> None:
    cache.clear()
    (stimulus,) = make_stimuli(study, [1], split="holdout")
    rate(stimulus, make_rater(study), (5, 3, 3))
    assert set(noise_ceilings(study).values()) == {None}
