"""Named protocols: each makes a study that its validation accepts, with the figures it names."""

import math
from dataclasses import replace

import pytest

from annotation.models import Study
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.plan import SessionPlan
from annotation.protocol.reliability_rules import BOUNDS, Effect
from annotation.protocol.scales import ACR5, SLIDER5
from annotation.studies.presets import (
    ACTIVE_LEARNING,
    AIGCIQA2023,
    CROWD_ACR,
    LAB_ACR,
    PRESETS,
    Preset,
)
from annotation.studies.services import create_study
from workbench.accounts.models import User

PROTOCOLS = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@PROTOCOLS
def test_a_study_is_made_of_each(owner: User, preset: Preset) -> None:
    create_study(owner=owner, title=preset.name, **preset.settings())
    study = Study.objects.get()
    assert study.plan == preset.plan
    assert study.rules == preset.rules
    assert study.form == preset.form
    assert study.perspective_settings == preset.perspectives
    assert (study.target_ratings, study.holdout_ratings) == (
        preset.target_ratings,
        preset.holdout_ratings,
    )


@PROTOCOLS
def test_each_decides_scale_form_ratings_draws_and_sessions(preset: Preset) -> None:
    ratings = {"target_ratings", "maximum_ratings", "holdout_ratings"}
    assert set(preset.settings()) == ratings | {
        "perspectives",
        "explanation_form",
        "session_plan",
        "reliability_rules",
        "viewing_checks",
        "session_trials",
        "holdout_share",
        "audit_share",
        "teaching_share",
    }


def test_active_learning_is_what_a_study_is_by_default() -> None:
    study = Study()
    settings = ACTIVE_LEARNING.settings()
    assert settings.pop("perspectives") == [item.to_json() for item in default_perspectives()]
    assert {name: getattr(study, name) for name in settings} == settings


def test_a_laboratory_follows_bt500() -> None:
    assert {item.scale for item in LAB_ACR.perspectives} == {ACR5}
    assert LAB_ACR.target_ratings >= 15
    plan = LAB_ACR.plan
    assert plan.session_minutes == 30
    assert (plan.practice_trials, plan.stabilisation_trials, plan.repeat_share) == (5, 5, 0.05)


def test_a_crowds_sessions_are_short_and_checked() -> None:
    plan = CROWD_ACR.plan
    assert plan.session_minutes <= 15
    assert plan.repeat_share > 0
    assert plan.gold_share > 0
    assert CROWD_ACR.session_trials <= plan.daily_trials


def test_the_replica_asks_as_aigciqa2023_did() -> None:
    assert {item.scale for item in AIGCIQA2023.perspectives} == {SLIDER5}
    assert (SLIDER5.minimum, SLIDER5.maximum, SLIDER5.step) == (0, 5, 0.01)
    assert AIGCIQA2023.form == AIGCIQA2023_FORM
    assert AIGCIQA2023.target_ratings == AIGCIQA2023.maximum_ratings == 28
    plan = AIGCIQA2023.plan
    assert (plan.repeat_share, plan.gold_share, plan.stabilisation_trials) == (0.0, 0.0, 0)
    assert plan.practice_trials == SessionPlan().practice_trials


def test_only_strangers_sessions_end_by_missed_checks() -> None:
    stopping = {
        key: [name for name in BOUNDS if getattr(preset.rules, name).effect is Effect.STOP]
        for key, preset in PRESETS.items()
    }
    assert stopping == {
        "active-learning": [],
        "lab-acr": [],
        "crowd-acr": ["gold", "attention"],
        "aigciqa2023": [],
    }


@pytest.mark.parametrize(("within", "failing"), [(0.85, 0.0059), (0.4, 0.5443)])
def test_how_often_the_crowds_gold_rule_stops_whom(within: float, failing: float) -> None:
    """Binomial: the rule fails with 0, 1 or 2 of 6 right."""
    rule = CROWD_ACR.rules.gold
    wrong = [
        math.comb(6, right) * within**right * (1 - within) ** (6 - right)
        for right in range(rule.minimum + 1)
        if right / rule.minimum < rule.threshold
    ]
    assert len(wrong) == 3
    assert sum(wrong) == pytest.approx(failing, abs=5e-5)


def test_a_preset_may_ask_something_else_on_several_scales(owner: User) -> None:
    asked = (
        PerspectiveSettings("safety", "Safety", "Is it fit for children?", ACR5),
        PerspectiveSettings("liking", "Liking", "Do you like it?", SLIDER5),
    )
    preset = replace(LAB_ACR, perspectives=asked)
    study = create_study(owner=owner, title="Own questions", **preset.settings())
    assert study.perspective_settings == asked
    on_one_scale = preset.settings(SLIDER5)["perspectives"]
    assert [item["scale"] for item in on_one_scale] == [SLIDER5.to_json()] * 2
