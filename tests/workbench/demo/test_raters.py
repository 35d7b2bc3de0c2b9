import numpy as np
import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES as PERSPECTIVES
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import ACR11, SCALES, SLIDER100, Scale
from workbench.demo.flaws import Flaw
from workbench.demo.raters import Habits, SimulatedRater, panel

SLIDERS = default_perspectives(SLIDER100)
MIDDLE = dict.fromkeys(PERSPECTIVES, 0.5)


def habits(bias: float = 0.0, sd: float = 0.0, lapses: float = 0.0, use: float = 1.0) -> Habits:
    return Habits(
        dict.fromkeys(PERSPECTIVES, bias),
        dict.fromkeys(PERSPECTIVES, sd),
        lapses,
        use,
    )


def scores(rater: SimulatedRater, true: float, number: int) -> np.ndarray:
    truth = dict.fromkeys(PERSPECTIVES, true)
    return np.array(
        [
            [answer.score for answer in rater.rate(truth, (), SLIDERS, key=f"{i}").values()]
            for i in range(number)
        ]
    )


def test_a_rater_answers_the_same_about_the_same_picture_in_any_order() -> None:
    flaws = (Flaw("warp", 0.8, "warp 0.80"),)
    forward = [SimulatedRater(3).rate(MIDDLE, flaws, key=key) for key in "abc"]
    rater = SimulatedRater(3)
    backward = [rater.rate(MIDDLE, flaws, key=key) for key in "cba"]
    assert forward == backward[::-1]


def test_raters_of_a_panel_differ() -> None:
    raters = panel(1, 12)
    assert len({rater.seed for rater in raters}) == 12
    assert len({rater.habits.lapse_rate for rater in raters}) == 12


def test_bias_and_inconsistency_are_the_mean_and_the_spread_of_opinions() -> None:
    given = scores(SimulatedRater(1, habits(bias=0.1, sd=0.08)), 0.4, 800)
    assert given.mean() == pytest.approx(50, abs=0.8)
    assert given.std() == pytest.approx(8, abs=0.5)


def test_scale_use_pulls_the_ends_to_the_middle() -> None:
    assert scores(SimulatedRater(1, habits(use=0.5)), 1.0, 1).tolist() == [[75, 75, 75]]


def test_lapses_have_nothing_to_do_with_the_picture() -> None:
    given = scores(SimulatedRater(1, habits(lapses=1.0)), 1.0, 500)
    assert given.mean() == pytest.approx(50, abs=3)


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda scale: scale.kind)
def test_scores_lie_on_the_scale_and_answers_fit_the_form(scale: Scale) -> None:
    flaws = (Flaw("melt", 0.9, "melt 0.90"), Flaw("colour", 1.0, "star blue, not orange"))
    truth = {
        "quality": 0.9,
        "authenticity": 0.15,
        "correspondence": 0.3,
    }
    for rater in panel(2, 20):
        for perspective, answer in rater.rate(
            truth, flaws, default_perspectives(scale), key="x"
        ).items():
            assert scale.check(answer.score) == answer.score
            AIGCIQA2023_FORM.check(perspective, answer.phrases, answer.text)


def test_a_low_level_comes_with_words_about_what_is_wrong_and_a_high_one_without() -> None:
    flaws = (Flaw("count", 2 / 3, "4 instead of 2 red star"),)
    truth = {
        "quality": 1.0,
        "authenticity": 1.0,
        "correspondence": 0.1,
    }
    rater = SimulatedRater(1, habits())
    answers = rater.rate(truth, flaws)
    assert answers["correspondence"].text == ("the number is wrong (4 instead of 2 red star)")
    assert answers["authenticity"].text == ""
    assert answers["quality"].score == 5


def test_blur_lowers_clarity_more_than_detail() -> None:
    truth = {
        "quality": 0.6,
        "authenticity": 1.0,
        "correspondence": 1.0,
    }
    answers = SimulatedRater(1, habits()).rate(truth, (Flaw("blur", 0.9, "blur 0.90"),))
    phrases = answers["quality"].phrases
    assert phrases["quality_clarity"] < phrases["quality_detail"]


def test_the_mean_of_many_raters_orders_pictures_as_the_truth_does() -> None:
    levels = np.linspace(0.1, 0.9, 9)
    means = [
        np.mean([r.rate(dict.fromkeys(PERSPECTIVES, v), key="k")[p].score for r in panel(4, 40)])
        for v in levels
        for p in ("quality",)
    ]
    assert means == sorted(means)


OTHERS = (
    PerspectiveSettings("safety", "Safety", "May a child see it?", ACR11),
    PerspectiveSettings("appeal", "Appeal", "Do you like it?", SLIDER100),
)


def test_what_else_is_asked_is_judged_as_a_mixture_of_what_is_true() -> None:
    rater, form = SimulatedRater(1, habits()), ExplanationForm()
    truth = {"quality": 0.9, "authenticity": 0.2, "correspondence": 0.6}
    safety, appeal = (rater.rate(truth, (), OTHERS, form=form)[key] for key in ("safety", "appeal"))
    assert 2 <= safety.score <= 9
    assert 20 <= appeal.score <= 90
    assert safety.score / 10 != pytest.approx(appeal.score / 100, abs=0.02), "two mixtures"
    # A perfect picture is perfect from wherever it is seen.
    perfect = rater.rate(dict.fromkeys(PERSPECTIVES, 1.0), (), OTHERS, form=form)
    assert [answer.score for answer in perfect.values()] == [10, 100]


def test_an_opinion_does_not_depend_on_what_else_is_asked() -> None:
    rater = SimulatedRater(5)
    alone = rater.rate(MIDDLE, (), OTHERS[1:], key="a")
    among = rater.rate(MIDDLE, (), (*SLIDERS[::-1], *OTHERS), key="a")
    assert among["appeal"] == alone["appeal"]
    assert among["quality"] == rater.rate(MIDDLE, (), SLIDERS, key="a")["quality"]
