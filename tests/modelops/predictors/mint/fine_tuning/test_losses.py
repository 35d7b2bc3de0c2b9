import pytest
import torch

from modelops.learning.recipe import Recipe
from modelops.predictors.mint.fine_tuning.losses import l1_loss, opinion_loss, rank_loss

NAN = float("nan")
SCORES = torch.tensor([[0.5, 0.2], [0.4, 0.9], [0.9, 0.1]])
TARGETS = torch.tensor([[0.7, 0.2], [0.3, NAN], [0.8, 0.4]])


def test_absolute_errors_are_added_over_perspectives_and_averaged_over_images() -> None:
    # (0.2 + 0 + 0.1 + 0.1 + 0.3) / 3, as the released code adds its three losses.
    assert float(l1_loss(SCORES, TARGETS, torch.ones(3, 2))) == pytest.approx(0.7 / 3)


def test_a_weight_multiplies_the_error_of_its_label() -> None:
    weights = torch.tensor([[3.0, 1.0], [1.0, 5.0], [0.0, 1.0]])
    # (3·0.2 + 0 + 0.1 + 0·0.1 + 0.3) / 3; the missing label's weight plays no part.
    assert float(l1_loss(SCORES, TARGETS, weights)) == pytest.approx(1.0 / 3)


def test_a_pair_costs_what_it_is_short_of_its_distance_in_the_right_order() -> None:
    # Perspective 1, pairs (1,2), (1,3), (2,3); labels apart by 0.4, -0.1, -0.5; scores by 0.1,
    # -0.4, -0.5: short of it by 0.3, 0 (further apart than needed), 0. Mean 0.1.
    # Perspective 2 has one pair, labels apart by -0.2, scores by 0.1 the wrong way: 0.3.
    assert float(rank_loss(SCORES, TARGETS)) == pytest.approx(0.1 + 0.3)


def test_without_a_pair_there_is_no_rank() -> None:
    assert float(rank_loss(SCORES[:1], TARGETS[:1])) == 0.0
    assert float(rank_loss(SCORES[:2, 1:], TARGETS[:2, 1:])) == 0.0


def test_both_terms_are_added_by_the_recipe_s_weight() -> None:
    recipe = Recipe(rank_weight=0.5)
    loss = opinion_loss(SCORES, TARGETS, torch.ones(3, 2), recipe)
    assert float(loss) == pytest.approx(0.7 / 3 + 0.5 * 0.4)


def test_a_missing_label_leaves_its_score_without_a_gradient() -> None:
    scores = SCORES.clone().requires_grad_()
    loss = opinion_loss(scores, TARGETS, torch.ones(3, 2), Recipe(rank_weight=1.0))
    loss.backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert scores.grad[1, 1] == 0
    assert scores.grad[0, 0] != 0
