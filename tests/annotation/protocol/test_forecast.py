"""How many trials a session will have, against plans that are counted out by hand.

Real sessions are counted in `tests/annotation/rating/test_totals.py`.
"""

from dataclasses import replace

from annotation.protocol.forecast import Stock, trials_in_all
from annotation.protocol.plan import PLAIN


def test_without_checks_it_is_what_was_had_and_what_is_left() -> None:
    assert trials_in_all(PLAIN, 1, Stock(placed=3, free=5), 60) == 8
    assert trials_in_all(PLAIN, 1, Stock(placed=3, free=5), 6) == 6
    assert trials_in_all(PLAIN, 1, Stock(placed=3, free=0), 60) == 3


def test_stabilisation_takes_of_the_images_a_quarter_at_most() -> None:
    plan = replace(PLAIN, stabilisation_trials=5)
    # Nothing is added: its images are not rated again in the session.
    assert trials_in_all(plan, 1, Stock(placed=0, free=40), 60) == 40
    assert trials_in_all(plan, 1, Stock(placed=0, free=3), 60) == 3


def test_repeats_and_gold_come_on_top() -> None:
    # A quarter of the trials: of 40 in blocks of ten 10 are gold, give or take the start's one.
    gold = trials_in_all(replace(PLAIN, gold_share=0.25), 1, Stock(placed=0, free=30, gold=99), 99)
    assert 39 <= gold <= 41
    assert trials_in_all(replace(PLAIN, gold_share=0.25), 1, Stock(0, 30, gold=4), 99) == 34
    # In the first two blocks of ten nothing is more than ten trials old.
    plan = replace(PLAIN, repeat_share=0.1)
    assert trials_in_all(plan, 1, Stock(placed=0, free=20), 99) == 20
    assert trials_in_all(plan, 1, Stock(placed=0, free=21), 99) > 21


def test_a_block_without_a_main_trial_is_none() -> None:
    plan = replace(PLAIN, stabilisation_trials=5, block_trials=5)
    # Four images: one for stabilisation, the other three rated; then there is nothing.
    assert trials_in_all(plan, 1, Stock(placed=0, free=4), 60) == 4
