"""Randomness that depends only on a seed and the place in the training: a run that continues from
a checkpoint draws what it would have drawn.
"""

import numpy as np

#: What a seed is for.
ORDER, DROPOUT = range(2)


def seed_of(seed: int, use: int, *place: int) -> int:
    """A number determined by `seed`, the use and the place."""
    sequence = np.random.SeedSequence(seed, spawn_key=(use, *place))
    return int(sequence.generate_state(1)[0])
