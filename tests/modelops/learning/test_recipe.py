import pytest

from modelops.learning.errors import LearningError
from modelops.learning.recipe import Recipe
from modelops.predictors.registry import PREDICTORS


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(epochs=4, learning_rate=3e-4, seed=9)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_the_full_size_recipe_freezes_the_published_blocks() -> None:
    recipe = PREDICTORS["vit-g"].recipe()
    assert (recipe.frozen_blocks, recipe.frozen_qformer) == (22, True)
    assert (recipe.learning_rate, recipe.batch_size) == (1e-5, 8)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"epoch": 3}, "there is no 'epoch'; it has epochs, learning_rate,"),
        ({"kind": "tiny", "epochs": 3}, "there is no 'kind'"),
        ({"epochs": -1}, "epochs is -1; it must be 0 or more"),
        ({"batch_size": 0}, "batch_size is 0; it must be 1 or more"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be a number"),
        ({"minimum_labels": 1}, "minimum_labels is 1; it must be 3 or more"),
    ],
)
def test_a_wrong_setting_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(LearningError, match=message):
        Recipe.from_json(data)


def test_settings_in_words_change_a_recipe() -> None:
    words = ["epochs=3", "learning_rate=2e-4", "label_weights=true", "precision=float32"]
    changed = Recipe(batch_size=4).changed(words)
    assert changed == Recipe(
        batch_size=4,
        epochs=3,
        learning_rate=2e-4,
        label_weights=True,
        precision="float32",
    )


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("epoch=3", "'epoch=3' is not NAME=VALUE with a name among accumulation, batch_size,"),
        ("epochs", "'epochs' is not NAME=VALUE"),
        ("kind=vit-g", "'kind=vit-g' is not NAME=VALUE"),
        ("epochs=two", "epochs is 'two', which is not of type int"),
        ("epochs=1.5", "epochs is '1.5', which is not of type int"),
        ("label_weights=yes", "label_weights is 'yes', which is not of type bool"),
        ("learning_rate=nan", "learning_rate is nan; it must be a number above 0"),
        ("rank_weight=nan", "rank_weight is nan; it must be from 0"),
        ("validation_share=0.6", "validation_share is 0.6; it must be from 0 to 0.5"),
        ("processes=0", "processes is 0; it must be from 1 to 64"),
        ("seed=-1", "seed is -1; it must be from 0"),
        ("precision=float16", "precision 'float16' is not one of auto, float32, bfloat16"),
        ("patience=2", "patience needs a validation_share above 0"),
    ],
)
def test_a_setting_that_cannot_be_is_named(word: str, message: str) -> None:
    with pytest.raises(LearningError, match=message):
        Recipe().changed([word])


def test_a_stored_number_of_the_wrong_type_is_named() -> None:
    with pytest.raises(LearningError, match=r"epochs is 1\.5, not a whole number"):
        Recipe.from_json({"epochs": 1.5})
    assert Recipe.from_json({"warmup": 1}).warmup == 1.0
