"""A study asks for any number of perspectives, each on its own scale: from the API that makes it to
the export of what was rated."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from annotation.models import Perspective, Study
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import exported
from annotation.opinion.labels import labels_of
from annotation.opinion.reliability.selectors import reliability_of
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.plan import PLAIN
from annotation.protocol.scales import ACR5, ACR11, SLIDER100
from tests.annotation.answering import answer, sitting
from tests.annotation.rating.api.client import RaterClient
from tests.factories import make_rater, make_stimuli, make_study, set_perspectives
from workbench.accounts.models import User

ADDRESS = "/api/v1/studies/"
ONE = (PerspectiveSettings("appeal", "Appeal", "Do you like it?", SLIDER100),)
FIVE = (
    PerspectiveSettings("light", "Light", "Is it well lit?", ACR5),
    PerspectiveSettings("colour", "Colour", "Do the colours fit?", SLIDER100),
    PerspectiveSettings("shape", "Shape", "Are shapes whole?", ACR11),
    PerspectiveSettings("safety", "Safety", "May a child see it?", replace(ACR5, labels=())),
    PerspectiveSettings("appeal", "Appeal", "Do you like it?", SLIDER100, "As a picture."),
)
#: By the number of perspectives: what a rater gives, on the scales above.
GIVEN = {1: (64.0,), 5: (4.0, 70.0, 3.0, 2.0, 55.0)}
#: The same on 0…1, by hand.
UNIT = {1: (0.64,), 5: (0.75, 0.7, 0.3, 0.25, 0.55)}

NO_FORM = ExplanationForm().to_json()

number = pytest.mark.parametrize("asked", [ONE, FIVE], ids=["one", "five"])


@pytest.fixture
def api(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def wire(items: tuple[PerspectiveSettings, ...]) -> list[dict[str, Any]]:
    return [item.to_json() for item in items]


def post(api: Client, **settings: Any) -> Any:
    return api.post(ADDRESS, {"title": "Trees", **settings}, content_type="application/json")


def patch(api: Client, study: Study, **changes: Any) -> Any:
    return api.patch(f"{ADDRESS}{study.slug}/", changes, content_type="application/json")


def scores(asked: tuple[PerspectiveSettings, ...]) -> dict[str, float]:
    return dict(zip([item.key for item in asked], GIVEN[len(asked)], strict=True))


@number
def test_a_study_is_made_by_the_api(
    api: Client, owner: User, asked: tuple[PerspectiveSettings, ...]
) -> None:
    response = post(api, perspectives=wire(asked))
    assert response.status_code == 201, response.json()
    assert response.json()["perspectives"] == wire(asked)
    study = Study.objects.get(slug="trees")
    assert study.perspective_settings == asked
    assert study.form.fields == (), "the default form explains what this study does not ask"


def test_the_default_form_explains_what_is_asked(api: Client, owner: User) -> None:
    _quality, authenticity, _correspondence = default_perspectives()
    post(api, perspectives=wire((authenticity, *ONE)))
    assert Study.objects.get().form == AIGCIQA2023_FORM.about(["authenticity"])


@pytest.mark.parametrize(
    ("perspectives", "said"),
    [
        ([], "at least one"),
        ("quality", "at least one"),
        (wire((*ONE, *ONE)), "appeal is there twice"),
        ([{**wire(ONE)[0], "key": "Two words"}], "'Two words'"),
        ([{**wire(ONE)[0], "key": "x" * 41}], "up to 40"),
        ([{**wire(ONE)[0], "label": " "}], "label"),
        ([{"key": "appeal"}], "label"),
        ([["appeal"]], "appeal"),
        ([{**wire(ONE)[0], "scale": {**SLIDER100.to_json(), "step": 0}}], "scale"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_made(
    api: Client, owner: User, perspectives: Any, said: str
) -> None:
    response = post(api, perspectives=perspectives)
    assert (response.status_code, response.json()["code"]) == (400, "study_invalid")
    assert said in response.json()["detail"]
    assert not Study.objects.exists()


def test_a_form_about_something_else_is_refused(api: Client, owner: User) -> None:
    response = post(api, perspectives=wire(ONE), explanation_form=AIGCIQA2023_FORM.to_json())
    assert response.json()["detail"] == (
        "explanation form: 'Clarity' is about quality, which is not among the perspectives"
    )


def test_perspectives_are_added_removed_and_moved_before_there_are_answers(
    api: Client, owner: User
) -> None:
    study = make_study(owner, perspectives=FIVE, explanation_form=NO_FORM)
    rows = dict(Perspective.objects.values_list("key", "pk"))
    changed = (FIVE[4], replace(FIVE[0], scale=ACR11), *default_perspectives()[:1])
    assert patch(api, study, perspectives=wire(changed)).status_code == 200
    assert study.perspective_settings == changed
    kept = dict(Perspective.objects.values_list("key", "pk"))
    assert {key: kept[key] for key in ("appeal", "light")} == {
        key: rows[key] for key in ("appeal", "light")
    }, "a perspective that stays keeps its row"
    (entry,) = study.audit_entries.filter(action="study.changed")
    assert entry.detail == {"settings": ["perspectives"]}


@number
def test_an_answer_fixes_what_is_asked_and_leaves_the_words(
    api: Client, owner: User, asked: tuple[PerspectiveSettings, ...]
) -> None:
    study = make_study(owner, perspectives=asked, explanation_form=NO_FORM)
    answer(sitting(make_rater(study)), make_stimuli(study, 1)[0], GIVEN[len(asked)])
    others = (
        (*asked, *default_perspectives()[:1]),
        (replace(asked[0], key="other"), *asked[1:]),
        (replace(asked[0], scale=replace(asked[0].scale, labels=("Low", "High"), kind="slider")),)
        if len(asked) == 1
        else asked[::-1],
    )
    for other in others:
        response = patch(api, study, perspectives=wire(other))
        assert (response.status_code, response.json()["code"]) == (400, "study_invalid")
        assert "the study has ratings" in response.json()["detail"]
    assert study.perspective_settings == asked
    reworded = (replace(asked[0], label="Better words", help="More."), *asked[1:])
    assert patch(api, study, perspectives=wire(reworded)).status_code == 200
    assert study.perspective_settings == reworded


@number
def test_all_perspectives_are_rated_at_once(
    owner: User, asked: tuple[PerspectiveSettings, ...]
) -> None:
    study = make_study(owner, perspectives=asked, explanation_form=NO_FORM, instructions="")
    make_stimuli(study, 2)
    rating = RaterClient(make_rater(study))
    shown = rating.get("session/")["study"]
    assert [item["key"] for item in shown["perspectives"]] == [item.key for item in asked]
    assert "Quality" not in shown["instructions"], "the standard text names what is asked"
    rating.start()
    (trial,) = rating.claim()["trials"]
    assert trial["perspectives"] == [item.key for item in asked]
    for key in scores(asked):
        short = {other: score for other, score in scores(asked).items() if other != key}
        body = rating.submit(trial["id"], short)
        assert (rating.status, body["detail"]) == (400, f"scores: {key} is missing")
    touched = {"touches": {item.key: [100, 200] for item in asked}}
    body = rating.submit(trial["id"], scores(asked), behaviour=touched)
    assert (rating.status, body["trial"]["state"]) == (200, "submitted")
    assert stored(study) == [scores(asked)]
    # A changed answer supersedes what is different, and nothing else.
    last = asked[-1].key
    body = rating.submit(trial["id"], {**scores(asked), last: 50.0})
    assert body["trial"]["revision"] == 2
    assert stored(study) == [{**scores(asked), last: 50.0}]


@number
def test_perspectives_are_rated_one_per_pass(
    owner: User, asked: tuple[PerspectiveSettings, ...]
) -> None:
    plan = replace(PLAIN, block_trials=2, one_per_pass=True)
    study = make_study(
        owner, perspectives=asked, explanation_form=NO_FORM, session_plan=plan.to_json()
    )
    make_stimuli(study, 2)
    rating = RaterClient(make_rater(study)).start()
    body, seen = rating.claim(), []
    while body["trials"]:
        (trial,) = body["trials"]
        (key,) = trial["perspectives"]
        seen.append((trial["position"], key))
        body = rating.submit(trial["id"], {key: scores(asked)[key]})
    assert seen == [(place, item.key) for item in asked for place in (0, 1)]
    assert stored(study) == [scores(asked)] * 2


@pytest.mark.django_db(transaction=True)
@number
def test_scores_leave_with_their_perspective(
    owner: User, asked: tuple[PerspectiveSettings, ...]
) -> None:
    study = make_study(owner, perspectives=asked, explanation_form=NO_FORM)
    (stimulus,) = make_stimuli(study, 1)
    for _rater in range(2):
        answer(sitting(make_rater(study)), stimulus, GIVEN[len(asked)])
    labels = labels_of(study)
    assert [label.perspective for label in labels] == [item.key for item in asked]
    assert [label.mos for label in labels] == pytest.approx(UNIT[len(asked)])
    text = b"".join(exported(study, FORMATS["csv"], raw=True)).decode()
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["kind"] == "score"]
    expected = [(key, score) for _rater in range(2) for key, score in scores(asked).items()]
    assert [(row["perspective"], float(row["score"])) for row in rows] == expected
    record = json.loads(b"".join(exported(study, FORMATS["nested"])))
    assert {key: item["mos"] for key, item in record["mos"].items()} == scores(asked)


@number
def test_raters_are_compared_from_every_perspective(
    owner: User, asked: tuple[PerspectiveSettings, ...]
) -> None:
    study = make_study(owner, perspectives=asked, explanation_form=NO_FORM)
    images = make_stimuli(study, 4)
    raters = [make_rater(study) for _number in range(5)]
    for rater in raters:
        session = sitting(rater)
        for place, image in enumerate(images, start=1):
            answer(session, image, [float(place)] * len(asked))
    standing = reliability_of(study)[raters[0].pk]
    found = [item.pearson for item in standing.measures.inter_rater]
    assert found == pytest.approx([1.0] * len(asked))
    lining = standing.measures.straight_lining
    assert lining is not None
    assert lining.identical_of == (4 if len(asked) > 1 else 0), "one score tells nothing apart"


def stored(study: Study) -> list[dict[str, float]]:
    """Per trial, the scores that count."""
    return [
        dict(
            trial.scores.filter(superseded_at=None)
            .order_by("perspective__position")
            .values_list("perspective__key", "value")
        )
        for rater in study.raters.all()
        for trial in rater.trials.order_by("position")
        if trial.state == "submitted"
    ]


def test_a_protocol_is_read_again_if_only_its_perspectives_changed(
    api: Client, owner: User
) -> None:
    study = make_study(owner, perspectives=FIVE, explanation_form=NO_FORM)
    make_stimuli(study, 1)
    rating = RaterClient(make_rater(study)).start()
    assert len(rating.claim()["trials"][0]["perspectives"]) == 5
    patch(api, study, perspectives=wire(ONE))
    assert rating.claim()["trials"][0]["perspectives"] == ["appeal"]
    set_perspectives(study, FIVE)
    assert len(rating.claim()["trials"][0]["perspectives"]) == 5
