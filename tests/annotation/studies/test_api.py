"""The owner API."""

import json
from collections.abc import Iterator
from functools import cache
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from annotation.models import Study, Trial
from annotation.protocol.plan import SessionPlan
from annotation.protocol.reliability_rules import Effect, ReliabilityRules, Rule
from annotation.raters.access import rater_access
from annotation.studies.audit import record
from annotation.studies.presets import PRESETS
from tests.factories import make_rater, make_score, make_session, make_stimuli, make_study
from workbench.accounts.models import User
from workbench.core.api_examples import operations
from workbench.core.api_groups import GROUPS


@pytest.fixture
def api(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def patch(api: Client, data: dict[str, Any]) -> Any:
    return api.patch("/api/v1/studies/demo/", data, content_type="application/json")


def test_a_study_is_made_with_defaults(api: Client) -> None:
    answer = api.post("/api/v1/studies/", {"title": "Cats"}, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["slug"] == "cats"
    assert [item["key"] for item in answer.json()["perspectives"]] == [
        "quality",
        "authenticity",
        "correspondence",
    ]


def test_an_account_sees_its_own_studies(api: Client, study: Study, outsider: User) -> None:
    make_study(outsider, "theirs")
    slugs = [item["slug"] for item in api.get("/api/v1/studies/").json()["results"]]
    assert slugs == ["demo"]


def test_a_setting_is_changed(api: Client, study: Study) -> None:
    assert patch(api, {"target_ratings": 4}).status_code == 200
    assert Study.objects.get().target_ratings == 4


def test_a_session_plan_is_stored_whole(api: Client, study: Study) -> None:
    assert patch(api, {"session_plan": {"repeat_share": 0.1}}).status_code == 200
    assert Study.objects.get().plan == SessionPlan(repeat_share=0.1)


def test_rules_on_reliability_are_stored_whole(api: Client, study: Study) -> None:
    change = {"reliability_rules": {"gold": {"effect": "stop"}}}
    assert patch(api, change).status_code == 200
    assert Study.objects.get().rules == ReliabilityRules(gold=Rule(0.8, 3, Effect.STOP))


def test_images_follow_the_studys_numbers(api: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    patch(api, {"target_ratings": 4, "maximum_ratings": 8})
    stimulus.refresh_from_db()
    assert (stimulus.wanted_ratings, stimulus.maximum_ratings) == (4, 8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target_ratings": 9}, "cannot ask for more ratings"),
        ({"perspectives": []}, "at least one"),
        ({"explanation_form": {"fields": [{"key": "a"}]}}, "explanation form"),
        ({"explanation_asked": {"when": "low", "level": 9}}, "level is 9; give 1 to 4"),
        ({"session_plan": {"block_trials": 0}}, "block_trials is 0; give 1 to 50"),
        ({"reliability_rules": {"gold": {"threshold": 2}}}, "gold: threshold is 2; give 0 to 1"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_and_nothing_changes(
    api: Client, study: Study, change: dict[str, Any], words: str
) -> None:
    answer = patch(api, {"title": "Other", **change})
    assert answer.status_code == 400
    assert words in str(answer.json())
    assert Study.objects.get().title == "Demo"


def test_the_schema_says_what_a_setting_holds(db: None) -> None:
    settings = schema()["components"]["schemas"]["Study"]["properties"]
    plan = settings["session_plan"]
    assert plan["additionalProperties"] is False
    limits = {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}
    assert plan["properties"]["block_trials"] == limits
    threshold = settings["reliability_rules"]["properties"]["gold"]["properties"]["threshold"]
    assert threshold == {"type": "number", "minimum": 0, "maximum": 1}
    assert settings["perspectives"]["items"]["required"] == ["key", "label", "question", "scale"]


def test_a_refused_status_changes_no_setting_either(api: Client, study: Study) -> None:
    answer = patch(api, {"title": "Other", "status": "draft"})
    assert answer.status_code == 409
    assert Study.objects.get().title == "Demo"


def test_gold_and_unchanged_numbers_leave_images_alone(api: Client, study: Study) -> None:
    (gold,) = make_stimuli(study, [1], purpose="gold", wanted_ratings=0, maximum_ratings=32767)
    (topped_up,) = make_stimuli(study, [2], wanted_ratings=5)
    patch(api, {"title": "Other", "target_ratings": study.target_ratings})
    topped_up.refresh_from_db()
    assert topped_up.wanted_ratings == 5
    patch(api, {"target_ratings": 4})
    gold.refresh_from_db()
    assert (gold.wanted_ratings, gold.maximum_ratings) == (0, 32767)


def test_a_scale_stays_once_there_are_ratings(api: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    now = timezone.now()
    rater = make_rater(study)
    session = make_session(rater, "instructions")
    trial = Trial.objects.create(
        session=session,
        rater=rater,
        stimulus=stimulus,
        position=0,
        draw="priority",
        leased_at=now,
        lease_expires_at=now,
    )
    make_score(trial, "quality", 4)
    perspectives = [item.to_json() for item in study.perspective_settings]
    perspectives[0]["scale"] = {"kind": "slider5", "minimum": 0, "maximum": 5, "step": 0.01}
    answer = patch(api, {"perspectives": perspectives})
    assert answer.status_code == 400
    assert "has ratings" in answer.json()["detail"]


def test_the_links_that_the_api_makes_open_the_raters_session(api: Client, study: Study) -> None:
    answer = api.post("/api/v1/studies/demo/raters/", {"count": 2}, content_type="application/json")
    codes = [item["code"] for item in answer.json()]
    tokens = [item["link"].rstrip("/").rsplit("/", 1)[1] for item in answer.json()]
    assert [rater_access(token).code for token in tokens] == codes


@pytest.mark.parametrize(
    ("address", "accept"),
    [
        ("studies/demo/export/?format=csv", "text/csv"),
        ("studies/demo/export/", "application/x-ndjson"),
        ("studies/", "text/html"),
        ("schema/", "application/vnd.oai.openapi+json"),
    ],
)
def test_a_client_gets_its_answer_whatever_type_it_accepts(
    api: Client, study: Study, address: str, accept: str
) -> None:
    answer = api.get(f"/api/v1/{address}", headers={"accept": accept})
    assert answer.status_code == 200
    expected = "application/json" if accept == "text/html" else accept
    assert answer.headers["Content-Type"].startswith(expected)


@cache
def document() -> str:
    out = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    return out.getvalue()


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document())
    return found


def bodies_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """What is sent, and what is answered if all goes well."""
    told = [item for status, item in operation["responses"].items() if status.startswith("2")]
    contents = [item.get("content", {}) for item in (operation.get("requestBody", {}), *told)]
    kinds = ("application/json", "multipart/form-data")
    return [content[kind] for content in contents for kind in kinds if kind in content]


def test_every_endpoint_says_what_it_is_for(db: None) -> None:
    found = schema()
    groups = {tag["name"] for tag in GROUPS}
    for operation in operations(found):
        assert 5 < len(operation["summary"]) <= 120, operation["operationId"]
        assert "\n" not in operation["summary"]
        assert set(operation["tags"]) <= groups
        scoped = "A token needs the scope `" in operation.get("description", "")
        assert scoped == (operation["tags"] != ["rating"]), operation["operationId"]


def test_every_body_has_an_example_that_its_schema_allows(db: None) -> None:
    found = schema()
    bodies = [body for operation in operations(found) for body in bodies_of(operation)]
    assert len(bodies) > 50
    for body in bodies:
        check = Draft202012Validator(
            {**_both_ways(body["schema"]), **_both_ways(found)},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        assert [error.message for error in check.iter_errors(body["example"])] == []


def test_every_default_is_a_value_that_its_schema_allows(db: None) -> None:
    """What openapi-spec-validator checks, and `spectacular --validate` does not."""
    shapes = [
        shape for shape in _dicts(schema()["components"]) if {"default", "type"} <= set(shape)
    ]
    assert len(shapes) > 50
    for shape in shapes:
        check = Draft202012Validator(shape, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [error.message for error in check.iter_errors(shape["default"])] == [], shape


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from _dicts(item)


def _both_ways(value: Any) -> Any:
    """JSON Schema does not know of properties that are required in one direction alone."""
    if isinstance(value, list):
        return [_both_ways(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _both_ways(item)
        for key, item in value.items()
        if key != "required" or isinstance(item, dict)
    }


def test_each_operation_says_which_problems_it_may_answer_with(db: None) -> None:
    found = schema()
    shapes = found["components"]["responses"]
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            told = {"400", "401", "403", "500"} | ({"404"} if "{" in path else set())
            told |= {"post": {"409", "413"}, "patch": {"412"}, "put": {"412"}}.get(method, set())
            if "requestBody" in operation:
                told.add("415")
            if path.endswith("/export/"):
                told.add("429")
            public = path.endswith(("/schema/", "/docs/"))
            assert told <= set(operation["responses"]) or public, operation["operationId"]
    for answer in shapes.values():
        media = answer["content"]["application/problem+json"]
        check = Draft202012Validator({**media["schema"], **found})
        assert [error.message for error in check.iter_errors(media["example"])] == []


def test_what_is_made_is_no_page_of_a_list(db: None) -> None:
    paths = schema()["paths"]
    made = paths["/api/v1/studies/{slug}/raters/"]["post"]["responses"]["201"]
    assert made["content"]["application/json"]["schema"]["type"] == "array"
    # A parameter of the list that a post would take and ignore.
    asked = {
        (method, path, parameter["name"])
        for path, methods in paths.items()
        for method, operation in methods.items()
        for parameter in operation.get("parameters", ())
        if method != "get" and parameter["in"] == "query"
    }
    assert asked == set()


def test_the_audit_trail_is_read_in_words(client: Client, study: Study, owner: User) -> None:
    record(study=study, actor=owner, action="study.changed", settings=["title"])
    client.force_login(owner)
    (entry,) = client.get("/api/v1/studies/demo/audit/").json()["results"]
    assert (entry["actor"], entry["action"]) == ("owner", "study.changed")
    assert entry["words"] == "Changed the settings: title"


def test_the_schema_describes_every_endpoint_without_a_warning(client: Client, db: None) -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "/api/v1/studies/{slug}/export/" in out.getvalue()


def test_a_study_begins_with_a_preset(api: Client) -> None:
    body = {"title": "Lab", "preset": "lab-acr", "target_ratings": 20, "maximum_ratings": 24}
    made = api.post("/api/v1/studies/", body, content_type="application/json").json()
    kept = PRESETS["lab-acr"].settings()
    assert made["session_plan"] == kept["session_plan"]
    assert (made["target_ratings"], made["session_trials"]) == (20, kept["session_trials"])
    body["preset"] = "lab"
    refused = api.post("/api/v1/studies/", body, content_type="application/json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["preset"])
