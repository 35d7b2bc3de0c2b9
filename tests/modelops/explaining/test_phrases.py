import math

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM as FORM
from annotation.protocol.answers import Reason
from modelops.explaining.phrases import (
    ExplanationAgreement,
    PhraseAgreement,
    TextAgreement,
    consensus,
    phrase_agreement,
    spaced,
    text_agreement,
)

KEY = "authenticity_distortion"


def authenticity(level: int) -> dict[str, Reason]:
    return {"authenticity": Reason({KEY: level})}


@pytest.mark.parametrize(
    ("levels", "median"), [([3], 3), ([1, 2, 3], 2), ([1, 3], 1), ([2, 3, 3, 3], 3), ([1, 1, 3], 1)]
)
def test_what_people_agree_on_is_the_median_and_the_worse_of_two(
    levels: list[int], median: int
) -> None:
    assert consensus(FORM, [authenticity(level) for level in levels]) == {KEY: median}


def test_what_nobody_answered_is_left_out() -> None:
    assert consensus(FORM, [{}, {"authenticity": Reason({}, "odd")}]) == {}


def test_accuracy_and_macro_f1_by_hand() -> None:
    chosen = [{KEY: level} for level in (1, 1, 2, 3, 3, 3)]
    said: list[dict[str, int]] = [{KEY: 1}, {KEY: 2}, {KEY: 2}, {KEY: 3}, {KEY: 3}, {}]
    learnt = [{KEY: 3}, {KEY: 3}, {KEY: 1}, {"another": 2}]
    found = phrase_agreement(KEY, said, chosen, learnt)
    # 1: one hit, said once, chosen twice: 2·1/(1+2). 2: 2·1/(2+1). 3: 2·2/(2+3).
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 4 / 5) / 3)
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.majority == pytest.approx(3 / 6)
    assert (found.n, found.unsaid) == (6, 1)


def test_of_equally_frequent_levels_the_worst_is_the_majority() -> None:
    chosen = [{KEY: 1}, {KEY: 3}]
    found = phrase_agreement(KEY, [{}, {}], chosen, [{KEY: 3}, {KEY: 1}])
    assert found.majority == 0.5
    assert (found.accuracy, found.macro_f1, found.unsaid) == (0, 0, 2)


def test_a_field_that_nobody_answered_has_no_figures() -> None:
    found = phrase_agreement(KEY, [{KEY: 1}], [{}], [])
    assert found == PhraseAgreement(0, None, None, None, 0)
    assert phrase_agreement(KEY, [{KEY: 1}], [{KEY: 1}], []).majority == 0


def test_texts_that_are_a_raters_score_one() -> None:
    same = "The image is highly distorted. six fingers."
    found = text_agreement([same, "anything"], [["something else", same], []])
    assert found.n == 1
    assert found.bleu4 == pytest.approx(1)
    assert found.rouge_l == pytest.approx(1)


def test_bleu_and_rouge_by_hand() -> None:
    found = text_agreement(["a b c d e f"], [["a b c d x f"]])
    # n-grams of 1…4 in common: 5/6, 3/5, 2/4, 1/3; equally long, so no brevity penalty.
    assert found.bleu4 == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    # Longest common subsequence: a b c d f, five of six on either side.
    assert found.rouge_l == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    "same",
    [
        "图像有明显的失真。",
        "图像清晰，细节丰富。",
        "画像はとても鮮明です。",
        "ภาพคมชัด",
        "A sharp image, très nette.",
    ],
)
def test_an_answer_that_is_the_raters_scores_one_in_every_script(same: str) -> None:
    found = text_agreement([same], [[same]])
    assert found.bleu4 == pytest.approx(1)
    assert found.rouge_l == pytest.approx(1)


def test_bleu_and_rouge_of_chinese_by_hand() -> None:
    found = text_agreement(["图像非常清晰"], [["图像十分清晰"]])
    # Four of six characters, two of five pairs and no three in a row are the same, so that BLEU-4
    # is 0; the longest common subsequence is 图像清晰.
    assert found.bleu4 == 0
    assert found.rouge_l == pytest.approx(4 / 6)
    found = text_agreement(["图像非常清晰。"], [["这图像非常清晰。"]])
    # All n-grams of the seven characters are in the reference of eight: only brevity, e^(1 − 8/7).
    assert found.bleu4 == pytest.approx(math.exp(1 - 8 / 7))
    # Without the full stop: six of six, and six of seven.
    assert found.rouge_l == pytest.approx(2 * 1 * (6 / 7) / (1 + 6 / 7))


def test_latin_words_within_chinese_stay_words() -> None:
    assert spaced("用 SDXL 生成").split() == ["用", "SDXL", "生", "成"]


@pytest.mark.parametrize("same", ["six odd fingers", "很清晰", "It's odd."])
def test_texts_of_fewer_than_four_tokens_are_too_short_and_not_unlike(same: str) -> None:
    found = text_agreement([same], [[same]])
    assert (found.n, found.bleu4) == (1, None)
    assert found.rouge_l == pytest.approx(1)
    assert text_agreement([same + " a b c d"], [[same]]).bleu4 is None


def test_a_short_answer_among_longer_ones_counts() -> None:
    found = text_agreement(["six odd fingers", "a b c d e"], [["six odd fingers"], ["a b c d e"]])
    assert found.bleu4 == pytest.approx(1)


def test_nothing_to_compare_with_has_no_figures() -> None:
    assert text_agreement(["a"], [[]]) == TextAgreement(0, None, None)


def test_means_leave_out_what_has_no_figure() -> None:
    one = PhraseAgreement(4, 0.5, 0.4, 0.25, 0)
    none = PhraseAgreement(0, None, None, None, 0)
    agreement = ExplanationAgreement({"a": one, "b": none}, TextAgreement(0, None, None))
    assert (agreement.accuracy, agreement.majority) == (0.5, 0.25)
    assert agreement.to_json()["fields"]["a"]["macro_f1"] == 0.4
    assert ExplanationAgreement({"b": none}, TextAgreement(0, None, None)).accuracy is None
