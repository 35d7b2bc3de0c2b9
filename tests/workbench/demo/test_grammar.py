import hashlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.demo.grammar import (
    BACKGROUNDS,
    COLOURS,
    COUNT_WORDS,
    PLURALS,
    RELATIONS,
    SHAPES,
    GrammarError,
    Group,
    Scene,
    Split,
    colour_steps,
    prompt_of,
    sample_scenes,
    split_of,
    words,
)

groups = st.builds(Group, st.integers(1, 4), st.sampled_from(COLOURS), st.sampled_from(SHAPES))
alone = st.builds(lambda g, b: Scene((g,), None, b), groups, st.sampled_from(BACKGROUNDS))
pairs = st.builds(
    lambda a, b, r, ground: Scene((a, b), r, ground),
    groups,
    groups,
    st.sampled_from(RELATIONS),
    st.sampled_from(BACKGROUNDS),
)


def test_a_prompt_reads_as_a_sentence() -> None:
    scene = Scene((Group(2, "red", "circle"), Group(1, "blue", "square")), "left of", "grass")
    assert prompt_of(scene) == "two red circles left of a blue square on grass"
    lone = Scene((Group(1, "orange", "cross"),), None, "night sky")
    assert prompt_of(lone) == "an orange cross in the night sky"


def read_group(text: str) -> Group:
    count, colour, noun = text.split()
    numbers = {word: number for number, word in enumerate(COUNT_WORDS, 1)} | {"an": 1}
    singular = {plural: shape for shape, plural in PLURALS.items()}.get(noun, noun)
    return Group(numbers[count], colour, singular)


def read_prompt(prompt: str) -> Scene:
    """The scene that a sentence of the grammar asks for."""
    (background,) = (
        it for it in BACKGROUNDS if prompt.endswith((f" on {it}", f" the {it}", f" a {it} wall"))
    )
    body = re.sub(r" (on|in the|on a) [a-z ]+$", "", prompt.removesuffix(" wall"))
    for relation in RELATIONS:
        first, found, second = body.partition(f" {relation} ")
        if found:
            return Scene((read_group(first), read_group(second)), relation, background)
    return Scene((read_group(body),), None, background)


@given(alone | pairs)
def test_every_prompt_says_all_of_its_scene(scene: Scene) -> None:
    assert read_prompt(prompt_of(scene)) == scene


@given(alone | pairs)
def test_the_words_cover_every_prompt(scene: Scene) -> None:
    assert set(prompt_of(scene).split()) <= set(words())


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ((5, "red", "circle"), "count 5 is outside 1…4"),
        ((2, "pink", "circle"), "'pink' is not a colour"),
        ((2, "red", "cube"), "'cube' is not a shape"),
    ],
)
def test_a_foreign_group_is_refused_by_the_part_that_is_wrong(
    group: tuple[int, str, str], said: str
) -> None:
    with pytest.raises(GrammarError, match=said):
        Group(*group)


def test_a_foreign_background_is_refused() -> None:
    with pytest.raises(GrammarError, match="'the moon' is not a background"):
        Scene((Group(2, "red", "circle"),), None, "the moon")


def test_a_scene_has_a_relation_if_and_only_if_it_has_two_groups() -> None:
    red, blue = Group(1, "red", "circle"), Group(1, "blue", "square")
    with pytest.raises(GrammarError, match="a relation if and only if"):
        Scene((red,), "above", "grass")
    with pytest.raises(GrammarError, match="a relation if and only if"):
        Scene((red, blue), None, "grass")


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [("red", "red", 0), ("red", "orange", 1), ("red", "purple", 1), ("red", "green", 3)],
)
def test_colours_are_as_far_apart_as_on_the_circle(first: str, second: str, steps: int) -> None:
    assert colour_steps(first, second) == steps


def test_a_study_holds_the_prompts_whose_hash_divides_by_four() -> None:
    prompt = "two red circles left of a blue square on grass"
    leading = int(hashlib.sha256(prompt.encode()).hexdigest()[:16], 16)
    assert (split_of(prompt) is Split.STUDY) == (leading % 4 == 0)


def test_prompts_of_studies_and_of_pretraining_are_disjoint() -> None:
    study, pretraining = (
        {prompt_of(scene) for scene in sample_scenes(np.random.default_rng(0), split, 500)}
        for split in (Split.STUDY, Split.PRETRAINING)
    )
    assert len(study) == len(pretraining) == 500
    assert not study & pretraining
