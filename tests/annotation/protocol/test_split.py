"""The hold-out draw. Expected numbers are share × prompts, by hand."""

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.protocol.split import Draw, NewImage, Split, Tally, draw_holdout

SIX = [f"generator {number}" for number in range(6)]
POOL, HOLDOUT = Split.POOL, Split.HOLDOUT


def _images(prompts: Mapping[str, Iterable[str]]) -> dict[str, NewImage]:
    """One image of each generator of each prompt."""
    return {
        f"{prompt}/{place}": NewImage(prompt, generator)
        for prompt, generators in prompts.items()
        for place, generator in enumerate(generators)
    }


def _of(prompt: str, number: int, first: int = 0) -> dict[str, NewImage]:
    return {f"{prompt}/{first + place}": NewImage(prompt, "one") for place in range(number)}


def _sides(new: Mapping[str, NewImage], draw: Draw) -> dict[str, set[Split]]:
    """Of each prompt."""
    sides: dict[str, set[Split]] = {image.prompt: set() for image in new.values()}
    for name, split in draw.splits.items():
        sides[new[name].prompt].add(split)
    return sides


def _held_out(prompts: Mapping[str, Iterable[str]], share: float, seed: int) -> set[str]:
    new = _images(prompts)
    sides = _sides(new, draw_holdout(new, {}, share, seed))
    assert all(len(of_prompt) == 1 for of_prompt in sides.values())
    return {prompt for prompt, of_prompt in sides.items() if of_prompt == {HOLDOUT}}


def test_a_fifth_of_a_hundred_prompts_is_twenty() -> None:
    new = _images({f"prompt {number}": SIX for number in range(100)})

    draw = draw_holdout(new, {}, 0.2, 1)

    assert Counter(draw.splits.values()) == {HOLDOUT: 120, POOL: 480}
    assert (draw.prompts, draw.images, draw.overruled) == (Tally(100, 20), Tally(), 0)


def test_thirty_six_prompts_of_two_generators_hold_out_seven_or_eight() -> None:
    new = {f"prompt {number}": ["GPT-4o" if number < 2 else "Sora"] for number in range(36)}

    sizes = {len(_held_out(new, 0.2, seed)) for seed in range(50)}

    assert sizes <= {7, 8}  # 36 × 0.2 = 7.2


def test_each_generator_gives_its_share() -> None:
    new = {f"prompt {number:03}": [SIX[number % 6]] for number in range(300)}

    held_out = _held_out(new, 0.2, 5)

    per_generator = Counter(new[prompt][0] for prompt in held_out)
    assert set(per_generator) == set(SIX)
    assert all(abs(count - 10) <= 1 for count in per_generator.values())  # 50 × 0.2


def test_every_prompt_has_the_same_chance() -> None:
    new = {f"prompt {number}": [SIX[number % 3]] for number in range(10)}

    chosen = Counter(prompt for seed in range(4000) for prompt in _held_out(new, 0.3, seed))

    # 4000 × 0.3 = 1200; five binomial standard deviations are 5 √(4000 · 0.3 · 0.7) ≈ 145.
    assert all(abs(chosen[prompt] - 1200) < 145 for prompt in new)


def test_of_prompts_of_one_size_any_may_be_the_only_one_held_out() -> None:
    new = {f"prompt {number}": [SIX[number]] for number in range(3)}

    chosen = Counter(prompt for seed in range(3000) for prompt in _held_out(new, 0.2, seed))

    # A third each; five binomial standard deviations are 5 √(3000 · 2/9) ≈ 129.
    assert all(abs(chosen[prompt] - 1000) < 129 for prompt in new)


def test_the_order_of_the_rows_does_not_matter() -> None:
    new = _images({f"prompt {number}": SIX for number in range(30)})
    turned = dict(reversed(list(new.items())))

    assert draw_holdout(new, {}, 0.4, 3).splits == draw_holdout(turned, {}, 0.4, 3).splits


def test_another_seed_draws_others() -> None:
    new = _images({f"prompt {number}": SIX for number in range(100)})

    assert draw_holdout(new, {}, 0.2, 1).splits != draw_holdout(new, {}, 0.2, 2).splits


def test_prompts_already_in_the_study_keep_their_split() -> None:
    held = {"old held out": {HOLDOUT: 2}, "old pool": {POOL: 7}}
    prompts = ["old held out", "old pool", *(f"new {number}" for number in range(50))]
    new = _images(dict.fromkeys(prompts, SIX))

    draw = draw_holdout(new, held, 0.1, 1)

    sides = _sides(new, draw)
    assert sides["old held out"] == {HOLDOUT}
    assert sides["old pool"] == {POOL}
    assert draw.prompts == Tally(50, 5)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("sizes", "share", "held_out"),
    [
        pytest.param([1, 1], 0.2, 1, id="two images of two prompts"),
        pytest.param([4, 4, 4], 0.05, 1, id="a small share"),
        pytest.param([1] * 5, 0.2, 1, id="five"),
        pytest.param([3, 3], 0.9, 1, id="a large share"),
        pytest.param([2, 2, 2, 2], 0.9, 3, id="all but one"),
    ],
)
def test_either_side_has_a_prompt_if_there_are_two(
    sizes: list[int], share: float, held_out: int, seed: int
) -> None:
    prompts = {f"prompt {place}": SIX[:size] for place, size in enumerate(sizes)}

    assert len(_held_out(prompts, share, seed)) == held_out


@pytest.mark.parametrize("seed", range(20))
def test_of_a_large_and_a_small_prompt_the_one_near_the_share_is_held_out(seed: int) -> None:
    """25 and 5 images at a fifth: 6 of 30 are wanted; of 25 left to learn from a model is made, of
    5 none."""
    new = _of("large", 25) | _of("small", 5)

    assert _sides(new, draw_holdout(new, {}, 0.2, seed)) == {"large": {POOL}, "small": {HOLDOUT}}


@pytest.mark.parametrize("seed", range(20))
def test_the_images_of_a_single_prompt_are_drawn_one_by_one(seed: int) -> None:
    new = {f"{place}": NewImage("portrait", SIX[place % 3]) for place in range(30)}

    draw = draw_holdout(new, {}, 0.2, seed)

    assert (draw.prompts, draw.images) == (Tally(), Tally(30, 6))  # 30 × 0.2
    held_out = Counter(new[name].generator for name, it in draw.splits.items() if it == HOLDOUT)
    assert held_out == dict.fromkeys(SIX[:3], 2)  # 10 × 0.2 of each


@pytest.mark.parametrize(
    ("number", "share", "held_out"),
    [(1, 0.2, 0), (1, 0.9, 0), (2, 0.2, 1), (2, 0.9, 1), (3, 0.9, 2)],
)
def test_of_few_images_of_one_prompt_one_stays_to_learn_from(
    number: int, share: float, held_out: int
) -> None:
    for seed in range(20):
        draw = draw_holdout(_of("portrait", number), {}, share, seed)
        assert list(draw.splits.values()).count(HOLDOUT) == held_out


def test_later_images_of_the_only_prompt_are_drawn_one_by_one_too() -> None:
    held = {"portrait": {POOL: 24, HOLDOUT: 6}}

    draw = draw_holdout(_of("portrait", 10), held, 0.2, 1)

    assert draw.images == Tally(10, 2)


def test_a_second_prompt_is_on_one_side_and_the_first_stays_where_it_is() -> None:
    """The first prompt's only image is in the pool: the second one is held out."""
    for seed in range(20):
        new = _of("second", 3)
        draw = draw_holdout(new, {"first": {POOL: 1}}, 0.2, seed)
        assert _sides(new, draw) == {"second": {HOLDOUT}}
        draw = draw_holdout(new, {"first": {HOLDOUT: 1}}, 0.9, seed)
        assert _sides(new, draw) == {"second": {POOL}}


def test_after_a_prompt_on_both_sides_further_ones_are_drawn_as_wholes() -> None:
    held = {"portrait": {POOL: 24, HOLDOUT: 6}}
    new = _of("portrait", 5, first=30) | _images({f"new {number}": SIX for number in range(10)})

    draw = draw_holdout(new, held, 0.2, 4)

    sides = _sides(new, draw)
    assert all(len(sides[f"new {number}"]) == 1 for number in range(10))
    assert draw.prompts == Tally(10, 2)
    assert draw.images == Tally(5, 1)


def test_a_side_whose_images_are_out_of_use_is_empty_and_its_prompts_stay_on_it() -> None:
    held = {"out": {HOLDOUT: 0}, "pool": {POOL: 9}}

    draw = draw_holdout(_of("out", 2) | _of("new", 2), held, 0.2, 1)
    assert draw.splits == {"out/0": HOLDOUT, "out/1": HOLDOUT, "new/0": POOL, "new/1": POOL}
    draw = draw_holdout(_of("new", 2), held, 0.2, 1)
    assert set(draw.splits.values()) == {HOLDOUT}


def test_images_of_prompts_in_the_pool_do_not_fill_an_empty_holdout() -> None:
    held = {"one": {POOL: 5}, "two": {POOL: 5}}

    draw = draw_holdout(_of("one", 5), held, 0.2, 1)

    assert set(draw.splits.values()) == {POOL}


def test_a_share_of_zero_holds_nothing_out() -> None:
    new = _of("one", 5) | _of("two", 5)

    assert set(draw_holdout(new, {}, 0.0, 1).splits.values()) == {POOL}
    assert set(draw_holdout(new, {"one": {HOLDOUT: 1}}, 0.0, 1).splits.values()) == {POOL, HOLDOUT}


def test_sides_that_were_given_are_kept() -> None:
    new = {
        f"{place}": NewImage(f"prompt {place % 4}", "one", HOLDOUT if place % 4 == 3 else POOL)
        for place in range(12)
    }

    draw = draw_holdout(new, {}, 0.5, 1)

    assert draw.splits == {name: image.side for name, image in new.items()}
    assert (draw.prompts, draw.images, draw.overruled) == (Tally(), Tally(), 0)


def test_sides_that_were_given_are_kept_of_a_prompt_on_both_sides_and_its_other_images_drawn() -> (
    None
):
    new = {
        f"{place}": NewImage("portrait", "one", HOLDOUT if place < 2 else POOL)
        for place in range(10)
    }

    draw = draw_holdout(new | _of("portrait", 10) | _of("other", 4), {}, 0.2, 1)

    assert all(draw.splits[name] == image.side for name, image in new.items())
    assert draw.images == Tally(10, 2)
    assert draw.prompts.drawn == 1


def test_a_given_side_gives_way_to_that_of_the_study_s_prompt() -> None:
    new = {
        "a": NewImage("one", "x", HOLDOUT),
        "b": NewImage("two", "x", HOLDOUT),
        "c": NewImage("two", "x"),
    }

    draw = draw_holdout(new, {"one": {POOL: 2}}, 0.2, 1)

    assert draw.splits == {"a": POOL, "b": HOLDOUT, "c": HOLDOUT}
    assert draw.overruled == 1


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        draw_holdout(_of("prompt", 1), {}, share, 1)


@given(
    st.dictionaries(st.text(), st.lists(st.sampled_from(SIX), min_size=1), max_size=60),
    st.floats(0, 0.9),
    st.integers(0, 2**31),
)
def test_any_import_holds_out_its_share_to_within_one(
    prompts: dict[str, list[str]], share: float, seed: int
) -> None:
    new = _images(prompts)

    draw = draw_holdout(new, {}, share, seed)

    assert draw.splits.keys() == new.keys()
    units = len(prompts) if len(prompts) != 1 else len(new)
    held_out = draw.prompts.held_out + draw.images.held_out
    assert abs(held_out - share * units) < 1 + 1e-6
    if share and units > 1:
        assert set(draw.splits.values()) == {POOL, HOLDOUT}
