"""The last layer against laplace-torch 0.3, which knows a posterior as the curvature of the loss at
its minimum: torch finds that, and nothing of ours is used but features and variances."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from modelops.learning.bayes import INTERCEPT_VARIANCE, PRIOR_SCORE, LastLayer, fit_last_layer
from modelops.learning.evidence import maximise
from tests.modelops.learning.test_bayes import make_problem
from tests.readers import require_reader

WIDTH, RATERS = 8, 3


def best_head(layer: LastLayer, x: torch.Tensor, y: torch.Tensor, noise: float) -> nn.Sequential:
    """A linear head where the loss and the penalty of the prior are least."""
    head = nn.Linear(WIDTH, 1, dtype=torch.float64)
    best = torch.optim.LBFGS(
        head.parameters(), max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )  # fmt: skip
    per_weight = WIDTH / float(layer.prior_variance[0])

    def loss() -> torch.Tensor:
        best.zero_grad()
        penalty = per_weight * head.weight.square().sum()
        penalty = penalty + head.bias.square().sum() / INTERCEPT_VARIANCE
        value: torch.Tensor = ((head(x) - y).square().sum() / noise + penalty) / 2
        value.backward()
        return value

    best.step(loss)
    return nn.Sequential(nn.Identity(), head)


# With fewer labels than features, too.
@pytest.mark.parametrize("count", [40, 6])
def test_the_posterior_and_the_evidence_are_those_of_laplace_torch(count: int) -> None:
    laplace = require_reader("laplace")
    embeddings, labels, _truth = make_problem(count, WIDTH, raters=(RATERS,))  # one noise for all
    layer = fit_last_layer(embeddings, labels)
    noise = float(layer.misfit_variance[0] + layer.rater_variance[0] / RATERS)
    prior = torch.full((WIDTH + 1,), WIDTH / float(layer.prior_variance[0]), dtype=torch.float64)
    prior[-1] = 1 / INTERCEPT_VARIANCE
    x = torch.from_numpy(layer.design(embeddings)[:, :-1])
    y = torch.from_numpy(labels.mos[:, :1] - PRIOR_SCORE)
    peer = laplace.Laplace(
        best_head(layer, x, y, noise), "regression", subset_of_weights="last_layer",
        hessian_structure="full", sigma_noise=noise**0.5, prior_precision=prior,
    )  # fmt: skip
    peer.fit(DataLoader(TensorDataset(x, y), batch_size=16))

    queries = np.random.default_rng(9).normal(2, 2, (7, WIDTH))
    mean, variance = peer(torch.from_numpy(layer.design(queries)[:, :-1]))
    own, posterior = layer.linear(queries)
    assert own[:, 0] - PRIOR_SCORE == pytest.approx(mean.detach().numpy()[:, 0], abs=1e-6)
    assert posterior[:, 0] == pytest.approx(variance.numpy()[:, 0, 0], rel=1e-6)

    known = np.full(count, float(layer.rater_variance[0]) / RATERS)
    evidence = maximise(x.numpy(), y.numpy()[:, 0], known, INTERCEPT_VARIANCE).log_evidence
    assert evidence == pytest.approx(float(peer.log_marginal_likelihood()), rel=1e-6)
