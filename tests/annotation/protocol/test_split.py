"""The hold-out draw. Expected numbers are share × prompts, by hand."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.protocol.split import Split, assign_splits

SIX = [f"generator {number}" for number in range(6)]


def _held_out(splits: dict[str, str]) -> set[str]:
    return {prompt for prompt, split in splits.items() if split == Split.HOLDOUT}


def test_a_fifth_of_a_hundred_prompts_is_twenty() -> None:
    new = {f"prompt {number}": SIX for number in range(100)}

    assert Counter(assign_splits({}, new, 0.2, 1).values()) == {Split.HOLDOUT: 20, Split.POOL: 80}


def test_thirty_six_prompts_of_two_generators_hold_out_seven_or_eight() -> None:
    new = {f"prompt {number}": ["GPT-4o" if number < 2 else "Sora"] for number in range(36)}

    sizes = {len(_held_out(assign_splits({}, new, 0.2, seed))) for seed in range(50)}

    assert sizes <= {7, 8}  # 36 × 0.2 = 7.2


def test_each_generator_gives_its_share() -> None:
    new = {f"prompt {number:03}": [SIX[number % 6]] for number in range(300)}

    held_out = _held_out(assign_splits({}, new, 0.2, 5))

    per_generator = Counter(new[prompt][0] for prompt in held_out)
    assert set(per_generator) == set(SIX)
    assert all(abs(count - 10) <= 1 for count in per_generator.values())  # 50 × 0.2


def test_every_prompt_has_the_same_chance() -> None:
    new = {f"prompt {number}": [SIX[number % 3]] for number in range(10)}

    chosen = Counter(
        prompt for seed in range(4000) for prompt in _held_out(assign_splits({}, new, 0.3, seed))
    )

    # 4000 × 0.3 = 1200; five binomial standard deviations are 5 √(4000 · 0.3 · 0.7) ≈ 145.
    assert all(abs(chosen[prompt] - 1200) < 145 for prompt in new)


def test_the_order_of_the_rows_does_not_matter() -> None:
    new = {f"prompt {number}": SIX for number in range(30)}
    turned = dict(reversed([(prompt, SIX[::-1]) for prompt in new]))

    assert assign_splits({}, new, 0.4, 3) == assign_splits({}, turned, 0.4, 3)


def test_another_seed_draws_others() -> None:
    new = {f"prompt {number}": SIX for number in range(100)}

    assert assign_splits({}, new, 0.2, 1) != assign_splits({}, new, 0.2, 2)


def test_prompts_already_in_the_study_keep_their_split() -> None:
    existing = {"old held out": Split.HOLDOUT, "old pool": Split.POOL}
    new = {"old held out": SIX, "old pool": SIX, **{f"new {number}": SIX for number in range(50)}}

    splits = assign_splits(existing, new, 0.1, 1)

    assert splits["old held out"] == Split.HOLDOUT
    assert splits["old pool"] == Split.POOL
    assert len(_held_out(splits)) == 1 + 5


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        assign_splits({}, {"prompt": SIX}, share, 1)


@given(
    st.dictionaries(st.text(), st.lists(st.sampled_from(SIX), min_size=1), max_size=60),
    st.floats(0, 0.9),
    st.integers(0, 2**31),
)
def test_any_import_holds_out_its_share_to_within_one(
    new: dict[str, list[str]], share: float, seed: int
) -> None:
    splits = assign_splits({}, new, share, seed)

    assert splits.keys() == new.keys()
    assert abs(len(_held_out(splits)) - share * len(new)) < 1 + 1e-6
