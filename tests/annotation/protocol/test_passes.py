from annotation.protocol.behaviour import added
from annotation.protocol.plan import SessionPlan, before_the_next_pass

ALL = ("quality", "authenticity", "correspondence")
AT_ONCE = SessionPlan(one_per_pass=False)
ONE_PER_PASS = SessionPlan(one_per_pass=True)


def test_all_are_asked_at_once() -> None:
    assert AT_ONCE.asked_now(ALL, 0) == ALL
    assert AT_ONCE.passes(ALL) == 1


def test_one_is_asked_in_each_pass() -> None:
    assert [ONE_PER_PASS.asked_now(ALL, scored) for scored in range(4)] == [
        ("quality",),
        ("authenticity",),
        ("correspondence",),
        (),
    ]
    assert ONE_PER_PASS.passes(ALL) == 3


def test_a_study_that_changes_its_mind_asks_for_the_rest_together() -> None:
    assert AT_ONCE.asked_now(ALL, 1) == ("authenticity", "correspondence")


def test_what_was_measured_in_two_passes_adds_up() -> None:
    first = {"shown_ms": 2000, "away": 1, "touches": {"quality": [900, 1200]}, "input": "mouse"}
    second = {"shown_ms": 1500, "touches": {"authenticity": [700, 700]}, "input": "keyboard"}
    assert added(first, second) == {
        "shown_ms": 3500,
        "away": 1,
        "touches": {"quality": [900, 1200], "authenticity": [700, 700]},
        "input": "keyboard",
    }


def test_no_sum_is_more_than_what_is_taken() -> None:
    day = 86_400_000
    assert added({"shown_ms": day}, {"shown_ms": 1})["shown_ms"] == day


def test_what_is_in_hand_ends_with_the_block_that_comes_again() -> None:
    # (block, scored) of three passes: the last one has begun with two scores.
    assert before_the_next_pass([(1, 0), (1, 0), (2, 0)], 3) == 2
    assert before_the_next_pass([(1, 1), (1, 1), (2, 0)], 3) == 2
    assert before_the_next_pass([(1, 1), (1, 2), (2, 0)], 3) == 2
    assert before_the_next_pass([(1, 2), (1, 2), (2, 0), (3, 0)], 3) == 3
    assert before_the_next_pass([(1, 2), (2, 2)], 3) == 2
    assert before_the_next_pass([], 3) == 0


def test_where_images_come_once_no_block_waits() -> None:
    assert before_the_next_pass([(1, 0), (2, 0), (3, 0)], 1) == 3
