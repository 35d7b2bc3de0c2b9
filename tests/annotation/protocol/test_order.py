"""Presentation order: random, reproducible, and no prompt after itself if possible."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from annotation.protocol.order import Content, arrange

contents = st.lists(
    st.builds(Content, prompt=st.sampled_from("abcd"), generator=st.integers(0, 2)), max_size=6
)


def neighbours(prompts: Sequence[object]) -> int:
    return sum(first == second for first, second in pairwise(prompts))


@given(
    contents,
    st.text(max_size=4),
    st.none() | st.builds(Content, st.sampled_from("abcd"), st.just(0)),
)
def test_no_prompt_follows_itself_if_any_order_avoids_it(
    items: list[Content], seed: str, after: Content | None
) -> None:
    order = arrange(items, seed, after)
    assert sorted(order) == list(range(len(items)))
    before = [after.prompt] if after else []
    found = neighbours(before + [items[n].prompt for n in order])
    possible = {
        neighbours([*before, *prompts]) for prompts in permutations(item.prompt for item in items)
    }
    if 0 in possible:
        assert found == 0


def test_the_seed_decides_the_order() -> None:
    items = [Content(str(n), 0) for n in range(20)]
    assert arrange(items, "7:1") == arrange(items, "7:1")
    assert arrange(items, "7:1") != arrange(items, "8:1")


def test_every_place_is_equally_likely_if_nothing_prevents_it() -> None:
    """200 draws of 4 images: each is first 50 times, give or take 4 standard deviations (±24.5)."""
    items = [Content(str(n), n) for n in range(4)]
    first = Counter(arrange(items, str(seed))[0] for seed in range(200))
    assert all(25 <= first[n] <= 75 for n in range(4))


def test_generators_take_turns_if_prompts_allow_it() -> None:
    items = [Content(str(n), n % 2) for n in range(20)]
    order = arrange(items, "1")
    assert neighbours([items[n].generator for n in order]) == 0
