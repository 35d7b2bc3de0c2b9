"""Which draw a trial gets. The chances were computed independently of the code, for example by

printf '7:3' | sha256sum        # 111c309fc0cf…: 0x111c309f / 2^32 = 0.06684
"""

from collections import Counter

import pytest

from annotation.protocol.draw import Draw, choose_draw, draws_to_try

#: Positions 0…7 of the session with seed 7: chances .961 .842 .553 .0668 .0109 .853 .960 .0343.
_POSITIONS = range(8)


def test_the_chance_of_a_position_is_cut_into_holdout_audit_and_priority() -> None:
    # Hold-out below .05; of the other .95 a share of .02 is audit: up to .05 + .019 = .069.
    drawn = [choose_draw(7, position, 0.02, 0.05) for position in _POSITIONS]
    assert drawn == [
        Draw.PRIORITY,
        Draw.PRIORITY,
        Draw.PRIORITY,
        Draw.AUDIT,
        Draw.HOLDOUT,
        Draw.PRIORITY,
        Draw.PRIORITY,
        Draw.HOLDOUT,
    ]


def test_the_bounds_move_with_the_shares() -> None:
    # Hold-out below .6; of the other .4 a share of .62 is audit: up to .6 + .248 = .848.
    drawn = [choose_draw(7, position, 0.62, 0.6) for position in (0, 1, 2, 5)]
    assert drawn == [Draw.PRIORITY, Draw.AUDIT, Draw.HOLDOUT, Draw.PRIORITY]


@pytest.mark.parametrize(
    ("audit_share", "holdout_share", "draw"),
    [(0.0, 0.0, Draw.PRIORITY), (1.0, 0.0, Draw.AUDIT), (0.5, 1.0, Draw.HOLDOUT)],
)
def test_a_share_of_all_or_nothing_leaves_nothing_to_chance(
    audit_share: float, holdout_share: float, draw: Draw
) -> None:
    assert {choose_draw(seed, 0, audit_share, holdout_share) for seed in range(200)} == {draw}


def test_over_many_trials_the_shares_are_met() -> None:
    counts = Counter(choose_draw(1, position, 0.12, 0.2) for position in range(10_000))
    # Binomial standard deviations: sqrt(10000 p (1-p)) = 40 for p = .2 and 29 for p = .096.
    assert abs(counts[Draw.HOLDOUT] - 2000) < 4 * 40
    assert abs(counts[Draw.AUDIT] - 960) < 4 * 29


def test_another_seed_is_another_sequence() -> None:
    one, two = ([choose_draw(seed, n, 0.5, 0.2) for n in range(50)] for seed in (1, 2))
    assert one != two


def test_an_empty_draw_falls_through_to_the_other_split() -> None:
    assert draws_to_try(Draw.PRIORITY) == (Draw.PRIORITY, Draw.HOLDOUT)
    assert draws_to_try(Draw.AUDIT) == (Draw.AUDIT, Draw.HOLDOUT)
    assert draws_to_try(Draw.HOLDOUT) == (Draw.HOLDOUT, Draw.PRIORITY)
