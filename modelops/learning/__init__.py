"""Learning from opinion scores, without Django: evaluation, Bayesian last layer, acquisition,
the training loop and the embedding cache."""
