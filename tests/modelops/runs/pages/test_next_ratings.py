"""What the model page says about the next ratings."""

import pytest
from django.utils import translation

from annotation.protocol.goal import Shares
from modelops.runs.pages.next_ratings import policy_sentence


@pytest.mark.parametrize(
    ("teaching", "said"),
    [
        (1.0, "70 go to the images with the fewest ratings, by the model’s priorities"),
        (0.0, "70 go to images by the model’s priorities, each until it has all its ratings"),
        (0.5, "35 go to the images with the fewest ratings, which teaches the model most, and 35"),
    ],
)
def test_the_policy_is_told_with_its_shares_and_its_reason(teaching: float, said: str) -> None:
    with translation.override("en"):
        sentence = policy_sentence(Shares(0.2, 0.125, teaching))
    assert said in sentence
    assert sentence.endswith(
        "10 go to random images, which show what chance would have chosen, and 20 to the "
        "hold-out, which measures the model."
    )
