from collections import Counter

import pytest

from modelops.learning.errors import LearningError
from modelops.predictors.mint.fine_tuning.validation import draw_parts

#: Fifty prompts with four images each, not side by side.
GROUPS = [row % 50 for row in range(200)]


def test_no_prompt_is_on_both_sides() -> None:
    parts = draw_parts(GROUPS, 0.1, seed=1)
    trained, aside = ({GROUPS[row] for row in rows} for rows in (parts.training, parts.validation))
    assert not trained & aside
    assert sorted(parts.training + parts.validation) == list(range(200))
    assert len(parts.validation) == 20  # five prompts


def test_another_seed_draws_other_prompts() -> None:
    first, again, other = (draw_parts(GROUPS, 0.1, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.validation != other.validation


def test_nothing_is_set_aside_if_nothing_is_asked_for() -> None:
    assert draw_parts(GROUPS, 0.0, seed=1).validation == []


@pytest.mark.parametrize("seed", range(8))
def test_a_prompt_that_is_most_of_the_pool_is_trained_on(seed: int) -> None:
    groups = [0] * 90 + list(range(1, 11))
    parts = draw_parts(groups, 0.1, seed)
    assert Counter(groups[row] for row in parts.validation) == dict.fromkeys(range(1, 11), 1)


def test_of_few_large_prompts_the_smallest_is_set_aside() -> None:
    groups = [3] * 6 + [5] * 4
    assert draw_parts(groups, 0.1, seed=1).validation == [6, 7, 8, 9]


def test_images_of_a_single_prompt_cannot_be_parted() -> None:
    with pytest.raises(LearningError, match="all 30 labelled images have one prompt"):
        draw_parts([4] * 30, 0.1, seed=1)
