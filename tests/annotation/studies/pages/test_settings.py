"""The settings page: numbers in the units that people use, errors at the field."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from annotation.models import AuditEntry, Study
from annotation.protocol.forms import ExplanationAsking, When
from annotation.protocol.perspectives import parse_perspectives
from annotation.protocol.plan import LIMITS, SessionPlan
from annotation.protocol.reliability_rules import BOUNDS, SETTINGS, Effect, Rule
from annotation.protocol.viewing import ViewingChecks
from annotation.studies.pages.rules_form import rule_names
from annotation.studies.pages.settings_form import StudyForm
from annotation.studies.presets import LAB_ACR
from annotation.studies.texts import DEFAULT_CONSENT
from tests.factories import set_perspectives

ADDRESS = "/studies/demo/settings/"
PARTS = StudyForm.PARTS


def form_of(console: Client, part: str) -> Any:
    return console.get(f"{ADDRESS}{part}/").context["form"]


def values(console: Client, part: str) -> dict[str, Any]:
    """What the fields of one page hold."""
    return {field.name: field.value() for field in form_of(console, part)}


def shown(console: Client) -> dict[str, Any]:
    """What the fields of all pages hold."""
    return {name: value for part in PARTS for name, value in values(console, part).items()}


def part_of(names: Iterable[str]) -> str:
    """The only part with these fields."""
    (part,) = (
        part
        for part, fieldsets in PARTS.items()
        if set(names) & {name for _legend, fields in fieldsets for name in fields}
    )
    return part


def save(console: Client, **changes: Any) -> Any:
    part = part_of(changes)
    return console.post(f"{ADDRESS}{part}/", {**values(console, part), **changes})


def test_every_part_of_the_plan_has_a_field(console: Client, study: Study) -> None:
    assert set(SessionPlan().to_json()) <= set(shown(console))
    assert {*LIMITS, "one_per_pass", "revisable", "whole_prompt"} == set(SessionPlan().to_json())


def test_every_field_is_on_one_page(console: Client, study: Study) -> None:
    placed = [name for sets in PARTS.values() for _legend, fields in sets for name in fields]
    assert sorted(placed) == sorted({*StudyForm.base_fields, *rule_names()})
    for part in PARTS:
        form = form_of(console, part)
        grouped = [field.name for _legend, fields in form.fieldsets() for field in fields]
        assert sorted(grouped) == sorted(form.fields)


def test_the_rules_page_shows_all_its_fields(console: Client, study: Study) -> None:
    form = form_of(console, "rules")
    grouped = [field.name for field in form.measures()]
    for rule in form.rules():
        grouped += [field.name for field in (rule.threshold, rule.minimum, rule.effect)]
    assert sorted(grouped) == sorted(form.fields)


def test_the_first_page_has_the_address_of_them_all(console: Client, study: Study) -> None:
    assert console.get(ADDRESS).context["part"] == "general"
    assert console.get(f"{ADDRESS}nonsense/").status_code == 404


def test_each_part_is_saved_alone(console: Client, study: Study) -> None:
    """What somebody else saves meanwhile on another page stays."""
    given = values(console, "session")
    save(console, gold_threshold="66.5")
    console.post(f"{ADDRESS}session/", {**given, "rest_seconds": "90"})
    kept = Study.objects.get()
    assert (kept.rules.gold.threshold, kept.plan.rest_seconds) == (0.665, 90)
    details = [entry.detail for entry in AuditEntry.objects.order_by("pk")]
    assert details == [{"settings": ["reliability_rules"]}, {"settings": ["session_plan"]}]


def test_every_rule_has_its_row(console: Client, study: Study) -> None:
    form = form_of(console, "rules")
    assert [rule.effect.name.removesuffix("_effect") for rule in form.rules()] == list(BOUNDS)
    assert [field.name for field in form.measures()] == list(SETTINGS)


def test_rules_are_saved_in_an_owners_units(console: Client, study: Study) -> None:
    response = save(
        console,
        gold_threshold="66.5",
        gold_minimum="6",
        gold_effect="stop",
        attention_threshold="1",
        attention_effect="stop",
        variance_threshold="0.2",
        inter_rater_threshold="-0.1",
        inter_rater_effect="off",
        away_threshold="35",
        away_minimum="6",
        away_effect="weigh",
        minimum_seconds="1.5",
        away_seconds="20",
        least_others="4",
    )
    assert response.status_code == 302
    rules = Study.objects.get().rules
    assert rules.gold == Rule(0.665, 6, Effect.STOP)
    assert rules.attention == Rule(1, 1, Effect.STOP)
    assert rules.away == Rule(0.35, 6, Effect.WEIGH)
    assert rules.away_seconds == 20
    assert rules.variance == Rule(0.2, 10, Effect.NOTE)
    assert rules.inter_rater == Rule(-0.1, 20, Effect.OFF)
    assert (rules.minimum_seconds, rules.least_others, rules.gold_tolerance) == (1.5, 4, 1)
    assert AuditEntry.objects.get().detail == {"settings": ["reliability_rules"]}


def test_the_plan_is_saved_in_its_own_units(console: Client, study: Study) -> None:
    response = save(
        console, repeat_share="7.5", gold_share="10", rest_seconds="90", session_minutes="25"
    )
    assert response.status_code == 302
    plan = Study.objects.get().plan
    assert (plan.repeat_share, plan.gold_share) == (0.075, 0.1)
    assert (plan.rest_seconds, plan.session_minutes) == (90, 25)
    assert plan.block_trials == study.plan.block_trials


def test_saving_the_page_as_it_is_changes_nothing(console: Client, study: Study) -> None:
    settings = {**LAB_ACR.settings(), "holdout_share": 0.125, "consent": DEFAULT_CONSENT}
    set_perspectives(study, parse_perspectives(settings.pop("perspectives")))
    Study.objects.update(**settings)
    before = Study.objects.values().get()
    for part in PARTS:
        assert console.post(f"{ADDRESS}{part}/", values(console, part)).status_code == 302
    assert Study.objects.values().get() == before
    assert not AuditEntry.objects.exists()


def test_the_size_of_images_is_saved(console: Client, study: Study) -> None:
    assert save(console, image_size="pixels").status_code == 302
    study.refresh_from_db()
    assert study.image_size == "pixels"


def test_the_method_of_opinion_scores_is_saved(console: Client, study: Study) -> None:
    assert save(console, opinion_method="bias_removed").status_code == 302
    study.refresh_from_db()
    assert study.opinion_method == "bias_removed"


def test_shares_are_read_as_percent(console: Client, study: Study) -> None:
    assert save(console, holdout_share="20", audit_share="12.5").status_code == 302
    kept = Study.objects.get()
    assert (kept.holdout_share, kept.audit_share) == (0.2, 0.125)


def test_of_which_scores_reasons_are_asked_is_saved(console: Client, study: Study) -> None:
    changes = {"explanation_when": "share", "explanation_share": "30", "explanation_level": "3"}
    assert save(console, **changes).status_code == 302
    assert Study.objects.get().asking == ExplanationAsking(When.SHARE, 0.3, 3)


def test_viewing_checks_are_saved(console: Client, study: Study) -> None:
    given = values(console, "viewing")
    del given["phones"]
    changes = {"minimum_width": "1000", "minimum_height": "600", "plates": "on", "acuity": "on"}
    assert console.post(f"{ADDRESS}viewing/", {**given, **changes}).status_code == 302
    assert Study.objects.get().viewing == ViewingChecks(1000, 600, False, plates=True, acuity=True)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"minimum_width": "9000"}, "minimum_width"),
        ({"explanation_when": "never"}, "explanation_when"),
        ({"explanation_share": "0"}, "explanation_share"),
        ({"explanation_level": "5"}, "explanation_level"),
        ({"repeat_share": "31"}, "repeat_share"),
        ({"repeat_share": "25", "gold_share": "25"}, "gold_share"),
        ({"repeat_share": "nan"}, "repeat_share"),
        ({"repeat_share": ""}, "repeat_share"),
        ({"rest_seconds": "901"}, "rest_seconds"),
        ({"block_trials": "0"}, "block_trials"),
        ({"block_trials": "2.5"}, "block_trials"),
        ({"practice_trials": "-1"}, "practice_trials"),
        ({"holdout_share": "91"}, "holdout_share"),
        ({"lease_seconds": "9"}, "lease_seconds"),
        ({"image_size": "huge"}, "image_size"),
        ({"opinion_method": "loudest"}, "opinion_method"),
        ({"target_ratings": "9"}, "target_ratings"),
        ({"session_trials": "99999999"}, "session_trials"),
        ({"retrain_every": "99999999999"}, "retrain_every"),
        ({"title": ""}, "title"),
        ({"gold_threshold": "101"}, "gold_threshold"),
        ({"gold_minimum": "0"}, "gold_minimum"),
        ({"gold_effect": "shoot"}, "gold_effect"),
        ({"variance_threshold": "4.5"}, "variance_threshold"),
        ({"variance_threshold": "nan"}, "variance_threshold"),
        ({"attention_threshold": "0.5"}, "attention_threshold"),
        ({"inter_rater_threshold": "-1.1"}, "inter_rater_threshold"),
        ({"least_others": "0"}, "least_others"),
    ],
)
def test_a_wrong_value_is_reported_at_its_field(
    console: Client, study: Study, changes: dict[str, str], where: str
) -> None:
    before = Study.objects.values().get()
    response = save(console, **changes)
    assert list(response.context["form"].errors) == [where]
    assert Study.objects.values().get() == before


def test_settings_of_the_plan_that_the_page_does_not_know_are_kept(
    console: Client, study: Study
) -> None:
    plan = replace(study.plan, daily_trials=7)
    Study.objects.update(session_plan=plan.to_json())
    save(console, rest_seconds="30")
    assert Study.objects.get().plan == replace(plan, rest_seconds=30)
