import numpy as np
import pytest
from PIL import Image

from annotation.protocol.aigciqa2023 import QUALITY
from workbench.demo.flaws import (
    PERSPECTIVE_OF,
    WEIGHTS,
    Flaw,
    damage_of,
    spoil_quality,
    spoil_scene,
    true_scores,
)
from workbench.demo.grammar import Group, Scene
from workbench.demo.scenes import Damage, Look, draw

PAIR = Scene((Group(3, "red", "circle"), Group(1, "green", "star")), "above", "sand")
LONE = Scene((Group(2, "blue", "heart"),), None, "paper")


def picture() -> Image.Image:
    return draw(PAIR, Look(), Damage(), np.random.default_rng(0))[0]


def test_a_flawless_picture_has_full_scores() -> None:
    assert true_scores([]) == {"quality": 1, "authenticity": 1, "correspondence": 1}


def test_scores_follow_the_documented_formula() -> None:
    flaws = [Flaw("blur", 0.5, ""), Flaw("warp", 1.0, ""), Flaw("count", 1 / 3, "")]
    # Own parts: 1 − .9 · .5 = .55; 1 − .9 = .1; 1 − .6 / 3 = .8. Then the losses of the others:
    # quality loses .08 · .9 (authenticity), authenticity .12 · .45 (quality),
    # correspondence .08 · .9 and .05 · .45.
    expected = {
        "quality": 0.55 * (1 - 0.072),
        "authenticity": 0.1 * (1 - 0.054),
        "correspondence": 0.8 * (1 - 0.072) * (1 - 0.0225),
    }
    assert true_scores(flaws) == pytest.approx(expected)


@pytest.mark.parametrize("kind", PERSPECTIVE_OF)
def test_no_score_rises_with_a_severity_and_its_own_falls(kind: str) -> None:
    others = [Flaw("blur", 0.3, ""), Flaw("melt", 0.4, ""), Flaw("place", 0.5, "")]
    rows = [true_scores([*others, Flaw(kind, s, "")]) for s in (0.1, 0.4, 0.7, 1.0)]
    for name in WEIGHTS:
        column = [row[name] for row in rows]
        assert column == sorted(column, reverse=True)
    own = [row[PERSPECTIVE_OF[kind]] for row in rows]
    assert own[0] > own[1] > own[2] > own[3]


@pytest.mark.parametrize("kind", WEIGHTS[QUALITY])
def test_a_flaw_of_quality_moves_the_pixels_further_the_more_severe_it_is(kind: str) -> None:
    clean = np.asarray(picture(), dtype=float)
    moved = [
        np.abs(
            np.asarray(
                spoil_quality(picture(), [Flaw(kind, s, "")], np.random.default_rng(1)),
                dtype=float,
            )
            - clean
        ).mean()
        for s in (0.1, 0.5, 1.0)
    ]
    assert moved == sorted(moved)
    assert moved[0] > 0


def test_flaws_of_authenticity_become_damage_and_others_do_not() -> None:
    flaws = [Flaw("melt", 0.4, ""), Flaw("blur", 0.9, ""), Flaw("count", 1.0, "")]
    assert damage_of(flaws) == Damage(melt=0.4)


def only(scene: Scene, kind: str, seed: int) -> tuple[Scene, Flaw]:
    drawn, flaws = spoil_scene(scene, [kind], np.random.default_rng(seed))
    (flaw,) = flaws
    assert flaw.kind == kind
    return drawn, flaw


@pytest.mark.parametrize("seed", range(8))
def test_a_wrong_count_is_as_severe_as_it_is_far_off(seed: int) -> None:
    drawn, flaw = only(LONE, "count", seed)
    assert drawn.groups[0].count != 2
    assert flaw.severity == pytest.approx(abs(drawn.groups[0].count - 2) / 3)


@pytest.mark.parametrize("seed", range(8))
def test_a_wrong_colour_is_never_the_colour_of_the_other_group(seed: int) -> None:
    drawn, _ = only(PAIR, "colour", seed)
    changed = [new for new, old in zip(drawn.groups, PAIR.groups, strict=True) if new != old]
    assert len(changed) == 1
    assert changed[0].colour not in ("red", "green")


@pytest.mark.parametrize("seed", range(8))
def test_the_opposite_place_is_worse_than_a_place_aside(seed: int) -> None:
    drawn, flaw = only(PAIR, "place", seed)
    assert drawn.relation != "above"
    assert flaw.severity == (1.0 if drawn.relation == "below" else 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_a_missing_group_is_as_severe_as_its_share_of_the_objects(seed: int) -> None:
    drawn, flaw = only(PAIR, "missing", seed)
    gone = next(group for group in PAIR.groups if group not in drawn.groups)
    assert drawn.relation is None
    assert flaw.severity == gone.count / 4


def test_what_cannot_go_wrong_is_left_out() -> None:
    drawn, flaws = spoil_scene(LONE, ["missing", "place"], np.random.default_rng(0))
    assert (drawn, flaws) == (LONE, [])


@pytest.mark.parametrize(("kind", "severity"), [("fog", 0.5), ("blur", 0.0), ("blur", 1.1)])
def test_an_impossible_flaw_is_refused(kind: str, severity: float) -> None:
    with pytest.raises(ValueError, match=r"kind of flaw|outside"):
        Flaw(kind, severity, "")
