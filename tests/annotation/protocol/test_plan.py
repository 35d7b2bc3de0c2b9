"""The plan of a session: what each block is made of, and settings that do not fit."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotation.protocol.errors import ProtocolError
from annotation.protocol.plan import BlockMix, SessionPlan, block_mix


def test_a_plan_survives_being_stored() -> None:
    plan = SessionPlan(practice_trials=3, repeat_share=0.1, session_minutes=0)
    assert SessionPlan.from_json(plan.to_json()) == plan
    assert SessionPlan.from_json({}) == SessionPlan()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"block_trials": 0}, "block_trials is 0; give 1 to 50"),
        ({"daily_trials": 10**40}, "daily_trials is 10*; give 0 to 10000"),
        ({"repeat_share": 10**400}, "repeat_share is 10*; give 0 to 0.3"),
        ({"practice_trials": 2.5}, "practice_trials is 2.5, not a whole number"),
        ({"repeat_share": "many"}, "repeat_share is 'many', not a number"),
        ({"gold_share": float("nan")}, "gold_share is nan, not a number"),
        ({"rest_seconds": True}, "rest_seconds is True, not a whole number"),
        ({"repeat_share": 0.3, "gold_share": 0.2}, "0.5 together"),
        ({"practices": 3}, "there is no 'practices'; it has practice_trials"),
        ([], r"\[\] is not an object"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_by_name(data: Any, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        SessionPlan.from_json(data)


def test_the_first_block_begins_with_stabilisation() -> None:
    plan = SessionPlan(stabilisation_trials=5, block_trials=8, repeat_share=0, gold_share=0)
    assert block_mix(plan, seed=1, place=0, left=50, repeated=0) == BlockMix(5, 0, 0, 3)
    assert block_mix(plan, seed=1, place=8, left=42, repeated=0) == BlockMix(0, 0, 0, 8)


def test_stabilisation_longer_than_a_block_continues_in_the_next() -> None:
    plan = SessionPlan(stabilisation_trials=5, block_trials=3, repeat_share=0, gold_share=0)
    mixes = [block_mix(plan, seed=1, place=place, left=50, repeated=0) for place in (0, 3, 6)]
    assert [mix.stabilisation for mix in mixes] == [3, 2, 0]


def test_missed_repeats_are_made_up_for_by_half_a_block_at_most() -> None:
    """A fifth of 30 places is 6, which half of a block of 10 does not hold; of a block of 4: 2."""
    plan = SessionPlan(stabilisation_trials=0, block_trials=10, repeat_share=0.2, gold_share=0)
    assert block_mix(plan, seed=1, place=20, left=50, repeated=0).repeat == 5
    short = SessionPlan(stabilisation_trials=0, block_trials=4, repeat_share=0.2, gold_share=0)
    assert block_mix(short, seed=1, place=20, left=50, repeated=0).repeat == 2


def test_a_block_is_no_longer_than_what_is_left() -> None:
    assert block_mix(SessionPlan(), seed=1, place=47, left=3, repeated=0).total == 3
    assert block_mix(SessionPlan(), seed=1, place=50, left=0, repeated=0).total == 0


@given(
    seed=st.integers(0, 2**31),
    block=st.integers(1, 25),
    repeat=st.sampled_from([0.0, 0.05, 0.1, 0.2]),
    gold=st.sampled_from([0.0, 0.05, 0.1, 0.2]),
    stabilisation=st.integers(0, 12),
)
@example(seed=11, block=3, repeat=0.1, gold=0.05, stabilisation=0)
def test_shares_are_kept_to_within_one_whatever_the_blocks(
    seed: int, block: int, repeat: float, gold: float, stabilisation: int
) -> None:
    plan = SessionPlan(
        block_trials=block,
        repeat_share=repeat,
        gold_share=gold,
        stabilisation_trials=stabilisation,
    )
    length, place = 100, 0
    mixes: list[BlockMix] = []
    while place < length:
        repeated = sum(mix.repeat for mix in mixes)
        mixes.append(block_mix(plan, seed, place, length - place, repeated))
        place += mixes[-1].total
    assert place == length
    assert sum(mix.stabilisation for mix in mixes) == stabilisation
    others = length - stabilisation
    assert abs(sum(mix.repeat for mix in mixes) - repeat * others) < 1
    # If both fall on the only place that a block has for them, the gold image gives way.
    gold_trials = sum(mix.gold for mix in mixes)
    assert gold_trials - gold * others < 1
    if all(mix.total - mix.stabilisation != 1 for mix in mixes):
        assert abs(gold_trials - gold * others) < 1
    assert all(min(mix.stabilisation, mix.repeat, mix.gold, mix.main) >= 0 for mix in mixes)
