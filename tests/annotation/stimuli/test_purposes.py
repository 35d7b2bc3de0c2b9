"""Practice and gold images chosen from what is imported: page, API and command."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from annotation.models import AuditEntry, OpinionScore, Stimulus, Study, Trial
from annotation.opinion.imported import imported_scores, known_units
from annotation.opinion.labels import labels_of
from annotation.opinion.releases import live_release
from annotation.stimuli.purposes import PurposeError, set_purpose
from annotation.studies.counts import counts_of
from annotation.studies.setup import setup_of
from tests import factories

PAGE = "/studies/demo/images/purpose/"
API = "/api/v1/studies/demo/stimuli/purpose/"


def rate(stimulus: Stimulus, score: float) -> None:
    rater, now = factories.make_rater(stimulus.study), timezone.now()
    trial = Trial.objects.create(
        session=factories.make_session(rater),
        rater=rater,
        stimulus=stimulus,
        position=0,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    factories.make_score(trial, "quality", score)
    Stimulus.objects.filter(pk=stimulus.pk).update(claimed_ratings=stimulus.claimed_ratings + 1)


def known(study: Study) -> dict[tuple[int, str], float]:
    return known_units(imported_scores(study.pk))


def test_a_chosen_score_is_on_the_studys_scale(console: Client, study: Study) -> None:
    """4 on 1…5 is three quarters of the way."""
    one, two, other = factories.make_stimuli(study, 3)
    console.post(PAGE, {"image": [one.pk, two.pk], "purpose": "gold", "score_quality": "4"})
    assert known(study) == {(one.pk, "quality"): 0.75, (two.pk, "quality"): 0.75}
    assert setup_of(study).gold == 2
    other.refresh_from_db()
    assert other.purpose == "main"
    (entry,) = AuditEntry.objects.filter(action="stimuli.purpose_changed")
    assert entry.detail == {"purpose": "gold", "images": 2}


def test_a_chosen_score_stands_above_what_was_published(study: Study) -> None:
    (image,) = factories.make_stimuli(study, 1)
    factories.publish(image, "quality", 0.1)
    set_purpose(study=study, actor=None, stimuli=[image.pk], purpose="gold", scores={"quality": 5})
    assert known(study) == {(image.pk, "quality"): 1.0}


def test_without_a_score_what_was_published_is_kept(study: Study) -> None:
    (image,) = factories.make_stimuli(study, 1)
    factories.publish(image, "quality", 0.1)
    set_purpose(study=study, actor=None, stimuli=[image.pk], purpose="practice")
    assert known(study) == {(image.pk, "quality"): 0.1}


def test_without_any_known_score_what_raters_say_is_expected(study: Study) -> None:
    (image,) = factories.make_stimuli(study, 1)
    rate(image, 2)
    rate(image, 3)
    set_purpose(study=study, actor=None, stimuli=[image.pk], purpose="gold")
    # The mean of 2 and 3 is 2.5; on 1…5 that is 1.5 of 4.
    assert known(study) == {(image.pk, "quality"): 0.375}


def test_ratings_stop_counting_and_count_again(study: Study) -> None:
    (image,) = factories.make_stimuli(study, 1)
    for score in (2, 3, 4):
        rate(image, score)
    assert counts_of(study).ratings == 3
    set_purpose(study=study, actor=None, stimuli=[image.pk], purpose="gold")
    image.refresh_from_db()
    assert (image.wanted_ratings, counts_of(study).ratings) == (0, 0)
    assert not live_release(study).scores.exists()
    set_purpose(study=study, actor=None, stimuli=[image.pk], purpose="main")
    image.refresh_from_db()
    assert (image.wanted_ratings, image.maximum_ratings) == (3, 5)
    assert counts_of(study).ratings == 3
    # What was expected of it is no label.
    assert [label.source for label in labels_of(study)] == ["raters"]
    assert not OpinionScore.objects.filter(release__source="chosen").exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"split": "holdout"}, "held out"),
        ({}, "no scores are known yet"),
    ],
)
def test_what_cannot_be_gold_is_named(study: Study, fields: dict[str, Any], message: str) -> None:
    fit, unfit = factories.make_stimuli(study, 1)[0], factories.make_stimulus(study, 7, **fields)
    factories.publish(fit, "quality", 0.5)
    with pytest.raises(PurposeError, match=rf"0007\.png: {message}"):
        set_purpose(study=study, actor=None, stimuli=[fit.pk, unfit.pk], purpose="gold")
    fit.refresh_from_db()
    assert fit.purpose == "main", "all or none"


def test_a_label_without_an_image_cannot_be_shown(study: Study) -> None:
    (label,) = factories.make_stimuli(study, 1)
    Stimulus.objects.filter(pk=label.pk).update(sha256="", image="", width=None, height=None)
    with pytest.raises(PurposeError, match="only labels"):
        set_purpose(study=study, actor=None, stimuli=[label.pk], purpose="gold")


def test_an_attention_check_stays_gold(study: Study) -> None:
    check = factories.make_stimulus(study, 1, purpose="gold", attention_check=True)
    with pytest.raises(PurposeError, match="attention check"):
        set_purpose(study=study, actor=None, stimuli=[check.pk], purpose="main")


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"purpose": "gold", "scores": {"quality": 6}}, 400, "scale of 1 to 5"),
        ({"purpose": "gold", "scores": {"beauty": 3}}, 400, "no perspective"),
        ({"purpose": "gold", "scores": {"quality": 3}, "stimuli": [10**6]}, 400, "not in this"),
        ({"purpose": "silver"}, 400, "silver"),
        ({"purpose": "gold", "scores": {"quality": 3}}, 200, '"changed":1'),
    ],
)
def test_the_api_says_what_does_not_fit(
    console: Client, study: Study, body: dict[str, Any], status: int, text: str
) -> None:
    (image,) = factories.make_stimuli(study, 1)
    answer = console.post(API, {"stimuli": [image.pk], **body}, content_type="application/json")
    assert (answer.status_code, text in answer.content.decode()) == (status, True)


@pytest.mark.parametrize("given", ["x", "-1", "1" * 40, "²", ""])
def test_an_image_that_is_no_number_is_refused(console: Client, study: Study, given: str) -> None:
    assert console.post(PAGE, {"image": given, "purpose": "gold"}).status_code == 400


@pytest.mark.parametrize("given", ["a lot", "nan", "1e999", "9"])
def test_a_score_that_is_no_number_of_the_scale_changes_nothing(
    console: Client, study: Study, given: str
) -> None:
    (image,) = factories.make_stimuli(study, 1)
    form = {"image": image.pk, "purpose": "gold", "score_quality": given}
    assert console.post(PAGE, form).status_code == 302
    image.refresh_from_db()
    assert image.purpose == "main"


def test_the_page_goes_back_to_where_it_was_asked(console: Client, study: Study) -> None:
    (image,) = factories.make_stimuli(study, 1)
    form = {
        "image": image.pk,
        "purpose": "gold",
        "score_quality": "3",
        "query": "sort=newest&next=https%3A%2F%2Felsewhere.example",
    }
    assert console.post(PAGE, form)["Location"] == "/studies/demo/images/?sort=newest"
    second = console.post(PAGE, {**form, "page": "2"})["Location"]
    assert second == "/studies/demo/images/?sort=newest&page=2"
    back = console.post(PAGE, {**form, "from": "image"})["Location"]
    assert back == f"/studies/demo/images/{image.pk}/?sort=newest"


def test_what_was_refused_is_filled_in_again(console: Client, study: Study) -> None:
    one, two, other = factories.make_stimuli(study, 3)
    form = {"image": [one.pk, two.pk], "purpose": "practice", "score_quality": "9", "page": "1"}
    page = console.post(PAGE, form, follow=True).content.decode()
    ticks = [f'value="{item.pk}" form="purpose-form" checked' in page for item in (one, two, other)]
    assert ticks == [True, True, False]
    assert 'name="score_quality" value="9"' in page
    assert '<option value="practice" selected>' in page.split('id="purpose-choice"')[1]

    form = {**form, "image": [one.pk], "from": "image"}
    page = console.post(PAGE, form, follow=True).content.decode()
    assert 'name="score_quality" value="9"' in page
    assert '<option value="practice" selected>' in page


def test_the_command_does_the_same(study: Study) -> None:
    factories.make_stimuli(study, 1)
    out = StringIO()
    call_command("set_purpose", "demo", "gold", "0000.png", "--score", "quality=2", stdout=out)
    assert out.getvalue() == "1 changed\n"
    assert list(known(study).values()) == [0.25]
    for wrong in (
        ("set_purpose", "demo", "gold", "nowhere.png"),
        ("set_purpose", "demo", "gold", "0000.png", "--score", "quality"),
        ("set_purpose", "demo", "gold", "0000.png", "--score", "quality=9"),
    ):
        with pytest.raises(CommandError):
            call_command(*wrong)
