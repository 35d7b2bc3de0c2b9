"""What may change in a study once raters have answered."""

from typing import Any

import pytest

from annotation.models import Study, Trial
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM
from annotation.studies.services import StudyError, update_study
from tests.factories import make_explanation, make_rater, make_session, make_stimulus
from workbench.accounts.models import User

FORM = AIGCIQA2023_FORM.to_json()
FIRST, *OTHERS = FORM["fields"]
NEW = {"key": "quality_light", "perspective": "quality", "label": "Light", "phrases": ["bad", "ok"]}


@pytest.fixture
def explained(study: Study) -> Study:
    """The study with one explained score."""
    rater, now = make_rater(study), study.created_at
    trial = Trial.objects.create(
        session=make_session(rater),
        rater=rater,
        stimulus=make_stimulus(study, 1),
        position=0,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    make_explanation(trial, "quality", phrases={FIRST["key"]: 2}, language="en")
    return study


def change(study: Study, owner: User, fields: list[dict[str, Any]], **more: Any) -> None:
    form = {**FORM, "fields": fields, **more}
    update_study(study=study, actor=owner, changes={"explanation_form": form})


@pytest.mark.parametrize(
    "fields",
    [
        [{**FIRST, "phrases": FIRST["phrases"][:3], "clauses": []}, *OTHERS],
        [{**FIRST, "phrases": [*FIRST["phrases"][:3], "crystal clear"]}, *OTHERS],
        [{**FIRST, "perspective": "authenticity"}, *OTHERS],
        [{**FIRST, "key": "quality_sharpness"}, *OTHERS],
        OTHERS,
    ],
    ids=["fewer", "other words", "about something else", "renamed", "removed"],
)
def test_phrases_that_were_chosen_from_stay(
    explained: Study, owner: User, fields: list[dict[str, Any]]
) -> None:
    with pytest.raises(StudyError, match="phrases cannot change"):
        change(explained, owner, fields)
    assert Study.objects.get().form == AIGCIQA2023_FORM


def test_labels_texts_and_new_fields_may_still_change(explained: Study, owner: User) -> None:
    change(explained, owner, [{**FIRST, "label": "Sharpness"}, *OTHERS, NEW], texts=[])
    form = Study.objects.get().form
    assert form.fields[0].label == "Sharpness"
    assert form.fields[-1].key == "quality_light"
    assert form.texts == ()


def test_before_the_first_explanation_everything_may_change(study: Study, owner: User) -> None:
    change(study, owner, [NEW], texts=[])
    assert [field.key for field in Study.objects.get().form.fields] == ["quality_light"]
