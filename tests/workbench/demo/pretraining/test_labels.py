import numpy as np
import pytest

from workbench.demo.grammar import Group, Scene, Split, prompt_of, sample_scene, split_of
from workbench.demo.pretraining.cache import draw_pictures, encode_scene
from workbench.demo.pretraining.labels import (
    NO_LABEL,
    PAIR_FLAWS,
    ask,
    cover_of,
    decode_scene,
    mirror,
    patch_labels,
    slot_labels,
    swapped,
)

PAIR = Scene((Group(2, "red", "circle"), Group(1, "blue", "square")), "left of", "grass")
LONE = Scene((Group(3, "green", "star"),), None, "sand")


@pytest.mark.parametrize("scene", [PAIR, LONE])
def test_a_scene_survives_its_eight_numbers(scene: Scene) -> None:
    assert decode_scene(encode_scene(scene)) == scene


def test_a_mirrored_scene_has_left_and_right_exchanged() -> None:
    (turned,) = mirror(np.array([encode_scene(PAIR)]))
    assert decode_scene(turned).relation == "right of"
    assert decode_scene(mirror(np.array([turned]))[0]) == PAIR


def test_the_same_picture_can_be_described_from_its_other_group() -> None:
    assert prompt_of(swapped(PAIR)) == "a blue square right of two red circles on grass"


def test_the_patches_under_an_object_know_its_colour_shape_count_and_side() -> None:
    # One blue square (group 1) over the right upper quarter of a 4 × 4 grid of patches.
    items = np.full((1, 8, 4), -1, dtype=np.float32)
    items[0, 0] = 0.75, 0.25, 0.4, 1
    labels = patch_labels(cover_of(items, 4), np.array([encode_scene(PAIR)]))[0].reshape(4, 4, 4)
    # Colour blue is 4, shape square 1, a count of one 0, and it lies right of (2) the circles.
    assert labels[0, 2].tolist() == [4, 1, 0, 2]
    assert labels[1, 3].tolist() == [4, 1, 0, 2]
    assert labels[3, 0].tolist() == [6, 6, NO_LABEL, NO_LABEL]


def test_made_up_prompts_never_belong_to_studies() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        drawn = sample_scene(rng, Split.PRETRAINING)
        assert split_of(prompt_of(ask(drawn, rng).scene)) is Split.PRETRAINING


def test_a_made_up_prompt_without_severities_asks_for_what_is_there() -> None:
    rng = np.random.default_rng(1)
    asked = [ask(PAIR, rng) for _ in range(300)]
    plain = [question.scene for question in asked if not any(question.severities)]
    assert 20 < len(plain) < 120
    assert all(scene in (PAIR, swapped(PAIR)) for scene in plain)


def test_severities_of_a_pair_are_those_of_the_flaws_between_prompt_and_picture() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        question = ask(LONE, rng)
        found = dict(zip(PAIR_FLAWS, question.severities, strict=True))
        star = next(group for group in question.scene.groups if group.shape == "star")
        assert found["count"] == pytest.approx(abs(star.count - 3) / 3)
        assert (found["colour"] > 0) == (star.colour != "green")
        gone = question.scene.objects - star.count
        assert found["missing"] == pytest.approx(gone / question.scene.objects)
        assert found["place"] == 0


def test_slots_tell_what_was_asked_for_and_what_is_there() -> None:
    asked = Scene((Group(4, "blue", "square"), Group(2, "yellow", "heart")), "above", "grass")
    first, second = slot_labels(asked, PAIR).tolist()
    # present; drawn count 1, colour blue, right of; asked count 4, blue, square, above
    assert first == [1, 0, 4, 2, 3, 4, 1, 3]
    # absent; nothing drawn; asked count 2, yellow, heart, below
    assert second == [0, NO_LABEL, NO_LABEL, NO_LABEL, 1, 2, 4, 4]


def test_pictures_of_pretraining_are_the_same_for_the_same_seed() -> None:
    first, again, other = (draw_pictures(seed, range(2), 56) for seed in (5, 5, 6))
    assert (first.pixels == again.pixels).all()
    assert (first.pixels != other.pixels).any()
    assert first.pixels.shape == (2, 56, 56, 3)
