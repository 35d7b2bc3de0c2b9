import pytest

from modelops.learning.errors import LearningError
from modelops.learning.recipe import Recipe, default_recipe


def test_a_recipe_survives_json() -> None:
    recipe = Recipe("tiny", epochs=4, learning_rate=3e-4, seed=9)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_the_full_size_recipe_freezes_the_published_blocks() -> None:
    recipe = default_recipe("vit-g")
    assert (recipe.frozen_blocks, recipe.frozen_qformer) == (22, True)
    assert (recipe.learning_rate, recipe.batch_size) == (1e-5, 8)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"preset": "tiny", "epoch": 3}, "epoch is unknown"),
        ({"epochs": 3}, "preset is missing"),
        ({"preset": "tiny", "epochs": -1}, "epochs is -1; it must be 0 or more"),
        ({"preset": "tiny", "batch_size": 0}, "batch_size is 0; it must be 1 or more"),
        (
            {"preset": "tiny", "learning_rate": 0.0},
            "learning_rate is 0.0; it must be a number",
        ),
        ({"preset": "tiny", "minimum_labels": 1}, "minimum_labels is 1; it must be 3 or more"),
    ],
)
def test_a_wrong_setting_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(LearningError, match=message):
        Recipe.from_json(data)


def test_an_unknown_preset_is_named_with_those_there_are() -> None:
    with pytest.raises(LearningError, match="'huge', only for tiny, vit-g"):
        default_recipe("huge")
