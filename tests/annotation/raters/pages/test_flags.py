"""Flags and viewing conditions in words."""

import pytest
from django.utils import translation

from annotation.opinion.reliability.judging import Flag
from annotation.raters.pages.flags import flag_words
from annotation.raters.pages.viewing import viewing_words

LABELS = ["Quality", "Authenticity", "Correspondence"]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (Flag("gold", 5 / 9, 0.8, 9, stops=False), "Gold: 56 %, at least 80 %"),
        (Flag("gold", 0.796, 0.8, 500, stops=False), "Gold: 79.60 %, at least 80 %"),
        (Flag("attention", 2, 0, 3, stops=False), "Missed attention checks: 2, at most 0"),
        (Flag("too_fast", 0.25, 0.1, 40, stops=False), "Too fast: 25 %, at most 10 %"),
        (Flag("away", 0.3, 0.2, 40, stops=False), "Away for long: 30 %, at most 20 %"),
        (Flag("variance", 0.049, 0.15, 40, stops=False, perspective=1),
         "Variance: Authenticity 0.05, at least 0.15"),
        (Flag("identical", 1, 0.9, 40, stops=False),
         "Same score for everything: 100 %, at most 90 %"),
        (Flag("retest_difference", 1.375, 1, 9, stops=False),
         "Repeats differ: 1.38 levels, at most 1.00"),
        (Flag("retest_correlation", 0.7499, 0.75, 45, stops=False),
         "Retest: 0.7499, at least 0.75"),
    ],
)  # fmt: skip
def test_each_rule_has_words(flag: Flag, words: str) -> None:
    assert [item.short for item in flag_words([flag], LABELS)] == [words]


def test_perspectives_that_fail_one_rule_share_a_badge() -> None:
    flags = [
        Flag("too_fast", 0.5, 0.1, 60, stops=False),
        Flag("inter_rater", 0.31, 0.75, 40, stops=False, perspective=0),
        Flag("inter_rater", -0.2, 0.75, 42, stops=True, perspective=2),
    ]
    first, second = flag_words(flags, LABELS)
    assert (first.basis, first.stops) == ("from 60 answers", False)
    assert second.short == "Corrected agreement: Quality 0.31, Correspondence −0.20, at least 0.75"
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
