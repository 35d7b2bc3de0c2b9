import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.demo.grammar import (
    BACKGROUNDS,
    COLOURS,
    RELATIONS,
    SHAPES,
    GrammarError,
    Group,
    Scene,
    Split,
    colour_steps,
    parse_prompt,
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


@given(alone | pairs)
def test_every_prompt_parses_back_to_its_scene(scene: Scene) -> None:
    assert parse_prompt(prompt_of(scene)) == scene


@given(alone | pairs)
def test_the_words_cover_every_prompt(scene: Scene) -> None:
    assert set(prompt_of(scene).split()) <= set(words())


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("two red circles", "background"),
        ("five red circles on grass", "count"),
        ("two pink circles on grass", "'pink' is not a colour"),
        ("two red cubes on grass", "'cubes' is not a shape"),
        ("red circles on grass", "not a count"),
    ],
)
def test_a_foreign_prompt_is_refused_by_the_part_that_is_wrong(prompt: str, said: str) -> None:
    with pytest.raises(GrammarError, match=said):
        parse_prompt(prompt)


def test_a_scene_has_a_relation_if_and_only_if_it_has_two_groups() -> None:
    red, blue = Group(1, "red", "circle"), Group(1, "blue", "square")
    with pytest.raises(GrammarError, match="relation exactly"):
        Scene((red,), "above", "grass")
    with pytest.raises(GrammarError, match="relation exactly"):
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
