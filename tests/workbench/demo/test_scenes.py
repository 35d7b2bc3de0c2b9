"""What was drawn is read back from the pixels."""

import numpy as np
import pytest
from scipy import ndimage

from workbench.demo.grammar import BACKGROUNDS, COLOURS, RELATIONS, SHAPES, Group, Scene
from workbench.demo.scenes import PALETTE, SIZE, Damage, Look, draw, outline_of

PLAIN = Look(gloss=0.1, outline=0.0, shadow=0.0, contrast=0.2, vignette=0.0)


def blobs(scene: Scene, colour: str, seed: int = 0) -> list[tuple[float, float]]:
    """The centres (x, y) of the connected areas nearest to a colour of the palette."""
    image, _ = draw(scene, PLAIN, Damage(), np.random.default_rng(seed))
    pixels = np.asarray(image, dtype=float)
    near = np.linalg.norm(pixels - np.array(PALETTE[colour]), axis=2) < 60
    labels, number = ndimage.label(ndimage.binary_erosion(near, iterations=3))
    sizes = np.bincount(labels.ravel(), minlength=number + 1)[1:]
    large = [index for index, size in enumerate(sizes, 1) if size > 300]
    return [(x, y) for y, x in ndimage.center_of_mass(labels > 0, labels, large)]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_as_many_objects_are_seen_as_the_scene_holds(count: int, shape: str) -> None:
    scene = Scene((Group(count, "blue", shape),), None, "paper")
    assert len(blobs(scene, "blue")) == count


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_each_colour_stands_out_on_each_background(colour: str, background: str) -> None:
    scene = Scene((Group(3, colour, "square"),), None, background)
    assert len(blobs(scene, colour)) == 3


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_object_of_the_first_group_lies_where_the_relation_says(relation: str) -> None:
    scene = Scene((Group(4, "red", "heart"), Group(3, "blue", "star")), relation, "sand")
    first, second = blobs(scene, "red"), blobs(scene, "blue")
    assert (len(first), len(second)) == (4, 3)
    axis = 0 if relation in ("left of", "right of") else 1
    one, other = [p[axis] for p in first], [p[axis] for p in second]
    if relation in ("left of", "above"):
        assert max(one) < min(other)
    else:
        assert min(one) > max(other)


def test_the_same_seed_draws_the_same_picture_and_another_seed_does_not() -> None:
    scene = Scene((Group(2, "green", "cross"),), None, "water")
    first, again, other = (
        draw(scene, Look(), Damage(), np.random.default_rng(seed))[0].tobytes()
        for seed in (4, 4, 5)
    )
    assert first == again
    assert first != other


def test_items_say_where_the_objects_are() -> None:
    scene = Scene((Group(3, "red", "circle"),), None, "paper")
    _, items = draw(scene, PLAIN, Damage(), np.random.default_rng(0))
    seen = sorted(blobs(scene, "red"))
    assert np.allclose(sorted((item.x, item.y) for item in items), seen, atol=3)
    assert all(0 < item.x < SIZE and 0 < item.y < SIZE for item in items)


@pytest.mark.parametrize("kind", ["warp", "melt", "texture"])
def test_damage_changes_more_of_the_picture_the_more_severe_it_is(kind: str) -> None:
    scene = Scene((Group(2, "yellow", "circle"),), None, "brick")
    whole = np.asarray(draw(scene, PLAIN, Damage(), np.random.default_rng(1))[0], dtype=float)
    changed = [
        np.abs(
            np.asarray(draw(scene, PLAIN, Damage(**{kind: severity}), np.random.default_rng(1))[0])
            - whole
        ).mean()
        for severity in (0.2, 0.6, 1.0)
    ]
    assert changed == sorted(changed)
    assert changed[0] > 0


@pytest.mark.parametrize("shape", SHAPES)
def test_outlines_fit_their_square_and_cannot_be_changed(shape: str) -> None:
    outline = outline_of(shape)
    assert np.abs(outline).max() <= 1.05
    with pytest.raises(ValueError, match="read-only"):
        outline[0] = 0
