"""Flags and viewing conditions in words."""

import pytest
from django.utils import translation

from annotation.opinion.reliability.judging import Flag
from annotation.protocol.reliability_rules import BOUNDS
from annotation.raters.pages.flags import flag_words
from annotation.raters.pages.viewing import viewing_words

LABELS = ["Quality", "Authenticity", "Correspondence"]


TRIED = [
    (Flag("gold", 5 / 9, 0.8, 9, stops=False),
     "Gold images: 56 % of the scores are as expected; the study asks for at least 80 %"),
    (Flag("gold", 0.796, 0.8, 500, stops=False),
     "Gold images: 79.60 % of the scores are as expected; the study asks for at least 80 %"),
    (Flag("attention", 2, 0, 3, stops=False),
     "Attention checks: 2 missed; the study allows at most 0"),
    (Flag("too_fast", 0.25, 0.1, 40, stops=False),
     "Too fast: 25 % of the answers; the study allows at most 10 %"),
    (Flag("away", 0.3, 0.2, 40, stops=False),
     "Left the page for long: in 30 % of the answers; the study allows at most 20 %"),
    (Flag("variance", 0.049, 0.15, 40, stops=False, perspective=1),
     "Scores hardly differ: their variance is Authenticity 0.05; "
     "the study asks for at least 0.15"),
    (Flag("identical", 1, 0.9, 40, stops=False),
     "Same score for every question: in 100 % of the answers; the study allows at most 90 %"),
    (Flag("retest_difference", 1.375, 1, 9, stops=False),
     "Repeated images: scores are 1.38 levels apart on average; the study allows at most 1"),
    (Flag("retest_correlation", 0.7499, 0.75, 45, stops=False),
     "Repeated images: second and first scores correlate at 0.7499; "
     "the study asks for at least 0.75"),
]  # fmt: skip


@pytest.mark.parametrize(("flag", "words"), TRIED)
def test_each_rule_has_words(flag: Flag, words: str) -> None:
    assert [item.short for item in flag_words([flag], LABELS)] == [words]


def test_every_rule_is_tried_above() -> None:
    rules = {flag.rule for flag, _words in TRIED} | {"inter_rater"}
    assert rules == set(BOUNDS)


def test_perspectives_that_fail_one_rule_share_a_badge() -> None:
    flags = [
        Flag("too_fast", 0.5, 0.1, 60, stops=False),
        Flag("inter_rater", 0.31, 0.75, 40, stops=False, perspective=0),
        Flag("inter_rater", -0.2, 0.75, 42, stops=True, perspective=2),
    ]
    first, second = flag_words(flags, LABELS)
    assert (first.basis, first.stops) == ("from 60 answers", False)
    assert second.short == (
        "Agreement with the other raters (corrected correlation): Quality 0.31, "
        "Correspondence −0.20; the study asks for at least 0.75"
    )
    assert (second.basis, second.stops) == ("from 40/42 answers", True)


def test_viewing_conditions_are_read_in_order() -> None:
    client = {"language": "en", "dark": True, "viewport": [1024, 768], "colour_depth": 24}
    words = ["window 1024 × 768", "24 bits of colour", "dark mode", "en"]
    assert viewing_words(client) == words


def test_zoom_browser_and_changes_are_shown_if_there_is_something_to_show() -> None:
    assert viewing_words({"zoom": 1, "browser": "Firefox"}) == ["Firefox"]
    assert viewing_words({"zoom": 1.25, "browser": "Safari"}, windows=3) == [
        "zoom 125 %",
        "Safari",
        "3 different windows or screens",
    ]


def test_what_the_checks_found_is_read_too() -> None:
    checks = {
        "acuity": "corrected",
        "pixels_per_mm": 3.785,
        "greys": [4, 5],
        "plates": [7, 5, None],
    }
    assert viewing_words({"viewport": [1024, 768], "checks": checks}) == [
        "window 1024 × 768",
        "sees well with glasses or lenses",
        "37.9 pixels per centimetre",
        "grey steps seen: 4 dark, 5 light, of 5",
        "colour plates read: 2 of 3",
    ]


def test_a_plate_that_everybody_reads_gives_a_guess_away() -> None:
    assert viewing_words({"checks": {"plates": [2, 5, 3]}}) == ["colour plates answered carelessly"]


@pytest.mark.parametrize(
    "client",
    [
        {"checks": "all"},
        {"checks": {"acuity": ["normal"], "pixels_per_mm": "4", "greys": [1], "plates": [7]}},
        {"viewport": [1024]},
        {"viewport": ["a", "b"]},
        {"viewport": [1e400, 1]},
        {"pixel_ratio": True},
        {"pointer": "laser"},
        {"dark": "yes"},
        {"colour_gamut": 3},
        {"unknown": "x"},
    ],
)
def test_what_is_not_understood_is_left_out(client: dict[str, object]) -> None:
    assert viewing_words(client) == []


def test_words_are_in_the_readers_language() -> None:
    with translation.override("zh-hans"):
        (words,) = flag_words([Flag("gold", 0.5, 0.8, 9, stops=False)], LABELS)
    assert "Gold" not in words.short
