"""The learning rate over a training's steps."""

import math

from torch.optim import Optimizer


def rate_at(step: int, steps: int, warmup: float) -> float:
    """The learning rate of a step, counted from 0, as a share of the highest.

    It rises from 0 over the first `warmup` share of all steps, then falls along half a cosine
    (released code, `config/learning_rates.py`).
    """
    rising = warmup * steps
    if rising and step <= rising:
        return step / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / (steps - rising)))


def inner_rate_at(step: int, steps: int, warmup: float = 0.1) -> float:
    """Like `rate_at` without its ends, where the rate is 0: with few steps, each one counts."""
    return rate_at(step + 1, steps + 1, warmup)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Sets the learning rate of all the optimizer's parameters from its next step on."""
    for group in optimizer.param_groups:
        group["lr"] = rate
