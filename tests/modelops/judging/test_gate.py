"""The gate by hand-made hold-outs, and in small simulated worlds."""

from typing import Any

import numpy as np
import pytest

from benchmarks.gate import is_wrong
from benchmarks.gate_world import World, pearson_of
from modelops.judging.errors import JudgingError
from modelops.judging.gate import FEWEST_IMAGES, HeldOut, Outcome, Reason, judge

PROMPTS = np.arange(200) // 4
LABEL = np.linspace(0.1, 0.9, 200)


def mixed(size: float) -> Any:
    """Errors of this size, half of them up, in an order of no meaning, (200,)."""
    return np.random.default_rng(7).permuted(np.tile([-size, size], 100))


def held_out(**changed: Any) -> HeldOut:
    """200 images of 50 prompts from one perspective; both versions order most of them rightly."""
    noise = mixed(0.1)
    given: dict[str, Any] = {
        "perspectives": ["quality"],
        "mos": LABEL[:, None],
        "challenger": (LABEL + noise / 4)[:, None],
        "champion": (LABEL + noise)[:, None],
        "challenger_sd": np.full((200, 1), 0.1),
        "champion_sd": np.full((200, 1), 0.1),
        "prompt": PROMPTS,
    }
    return HeldOut.of(**(given | changed))


def test_a_challenger_that_is_surely_better_is_promoted() -> None:
    found = judge(held_out())
    assert (found.outcome, found.reasons) == (Outcome.PROMOTE, ())
    assert (found.images, found.prompts) == (200, 50)
    assert found.change is not None
    assert found.change.low is not None
    assert 0 < found.change.low < found.change.value
    assert judge.__wrapped__(held_out()) == found  # seeded


def test_the_change_is_that_of_scipy() -> None:
    from scipy import stats

    of = held_out()
    found = judge(of).change
    new, old = (np.array(it)[:, 0] for it in (of.challenger, of.champion))
    expected = stats.spearmanr(new, LABEL).statistic - stats.spearmanr(old, LABEL).statistic
    assert found is not None
    assert found.value == pytest.approx(expected)


def test_the_same_model_cannot_be_ruled_worse_or_better() -> None:
    same = LABEL[:, None]
    found = judge(held_out(challenger=same, champion=same))
    # No difference in any draw: surely not worse.
    assert found.change is not None
    assert (found.change.value, found.change.low, found.change.high) == (0, 0, 0)
    assert found.outcome is Outcome.PROMOTE


def test_a_worse_challenger_is_kept_back() -> None:
    of = held_out()
    found = judge(held_out(challenger=of.champion, champion=of.challenger))
    assert found.outcome is Outcome.KEEP
    assert found.reasons == (Reason.MEAN_WORSE, Reason.PERSPECTIVE_WORSE)


def test_a_perspective_that_is_worse_keeps_a_challenger_back_that_is_better_on_average() -> None:
    bad, fair, slightly = (LABEL + mixed(size) for size in (0.2, 0.025, 0.05))
    found = judge(
        held_out(
            perspectives=["a", "b"],
            mos=np.stack([LABEL, LABEL], 1),
            challenger=np.stack([fair, slightly], 1),
            champion=np.stack([bad, LABEL], 1),
            challenger_sd=np.full((200, 2), 0.1),
            champion_sd=np.full((200, 2), 0.1),
        )
    )
    first, second = (part.change for part in found.perspectives)
    assert first is not None
    assert second is not None
    assert found.change is not None
    assert found.change.value == pytest.approx((first.value + second.value) / 2)
    assert found.change.value > 0.1
    assert second.value < -0.01
    assert (found.outcome, found.reasons) == (Outcome.KEEP, (Reason.PERSPECTIVE_WORSE,))


@pytest.mark.parametrize(
    ("sd", "covered", "reasons"),
    [(0.1, 1.0, ()), (0.01, 0.0, (Reason.CALIBRATION_WORSE,))],
    ids=["wide enough", "far too narrow"],
)
def test_intervals_that_hold_far_too_few_labels_keep_a_version_back(
    sd: float, covered: float, reasons: tuple[Reason, ...]
) -> None:
    """Errors are .025: within 1.64 · .1, beyond 1.64 · .01."""
    found = judge(held_out(challenger_sd=np.full((200, 1), sd)))
    (part,) = found.perspectives
    assert part.covered is not None
    assert (part.covered.value, found.reasons) == (covered, reasons)


def test_the_same_fault_of_both_versions_does_not_count_against_the_challenger() -> None:
    narrow = np.full((200, 1), 0.01)
    assert judge(held_out(challenger_sd=narrow, champion_sd=narrow)).reasons == ()


@pytest.mark.parametrize("images", [0, 1, 2, 8, FEWEST_IMAGES - 1])
def test_a_small_hold_out_asks(images: int) -> None:
    mos = LABEL[:, None].copy()
    mos[images:] = np.nan
    found = judge(held_out(mos=mos))
    assert (found.outcome, found.images) == (Outcome.ASK, images)
    assert Reason.FEW_IMAGES in found.reasons
    assert (Reason.NO_SPREAD in found.reasons) is (images < 3)


@pytest.mark.parametrize("which", ["mos", "challenger", "champion"])
def test_values_that_are_all_alike_have_no_order_and_ask(which: str) -> None:
    same = {which: np.full((200, 1), 0.5)}
    wide = {"challenger_sd": np.full((200, 1), 0.3), "champion_sd": np.full((200, 1), 0.3)}
    found = judge(held_out(**same, **wide))
    assert (found.outcome, found.reasons) == (Outcome.ASK, (Reason.NO_SPREAD,))
    assert found.change is None


def test_images_of_three_prompts_have_no_interval_and_ask() -> None:
    found = judge(held_out(prompt=np.arange(200) % 3))
    assert (found.outcome, found.reasons) == (Outcome.ASK, (Reason.FEW_PROMPTS,))


@pytest.mark.parametrize("which", ["challenger", "champion", "challenger_sd"])
def test_a_prediction_that_is_no_number_is_named(which: str) -> None:
    values = LABEL[:, None].copy()
    values[3] = np.nan
    with pytest.raises(JudgingError, match=f"{which} of image 3 is not a finite number"):
        held_out(**{which: values})


def test_tables_of_another_shape_are_named() -> None:
    with pytest.raises(JudgingError, match=r"mos is \(3, 1\), not \(200, 1\)"):
        held_out(mos=LABEL[:3, None])


def test_a_large_hold_out_is_judged_by_ranks_that_stay() -> None:
    """Beyond 500 images the draws do not rank again; the value is the same Spearman."""
    world = World(600, (0.05, 0.05))
    found = judge(world.draw(np.random.default_rng(1)), draws=200)
    assert found.images == 600
    assert found.change is not None
    assert found.change.low is not None
    assert found.change.low < found.change.value


def test_a_world_s_models_are_as_good_as_it_says() -> None:
    """SRCC .75 and .80 with the truth, of many images without shared prompts."""
    from scipy import stats

    assert pearson_of(1) == pytest.approx(1)
    world = World(10_000, (0.05,), per_prompt=1, ratings=100, steps=10_000)
    drawn = world.draw(np.random.default_rng(2))
    mos, new, old = (np.array(it)[:, 0] for it in (drawn.mos, drawn.challenger, drawn.champion))
    assert stats.spearmanr(new, mos).statistic == pytest.approx(0.80, abs=0.012)
    assert stats.spearmanr(old, mos).statistic == pytest.approx(0.75, abs=0.012)


def test_a_challenger_that_is_truly_worse_is_rarely_promoted() -> None:
    """Forty seeded worlds of the kind that the benchmark counts by the thousand."""
    world = World(150, (-0.02, -0.02))
    assert is_wrong(world)
    found = [
        judge(world.draw(np.random.default_rng(seed)), draws=100).outcome for seed in range(40)
    ]
    assert found.count(Outcome.PROMOTE) <= 2
