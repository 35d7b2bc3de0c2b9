"""A study's texts in the rater's language, written by its owner."""

import html

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import AuditEntry, Rater, Stimulus, Study
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.raters.access import rater_link
from annotation.raters.invitations import open_shared_link, shared_link_path
from annotation.studies.services import StudyError, update_study
from tests.annotation.rating.api.client import RaterClient
from tests.factories import make_stimuli
from workbench.accounts.models import User

CHINESE = "?language=zh-hans"


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return make_stimuli(study, 1)


@pytest.fixture
def address(study: Study) -> str:
    Study.objects.filter(pk=study.pk).update(
        title="Tree study", consent="You may leave <at any time>."
    )
    study.refresh_from_db()
    return reverse("study-translations", args=[study.slug])


def fields(console: Client, address: str) -> dict[str, str]:
    """Text → name of its field."""
    form = console.get(address + CHINESE).context["form"]
    return {text: field.html_name for rows in form.groups().values() for text, field in rows}


def test_every_text_has_a_field_and_default_ones_show_their_translation(
    console: Client, study: Study, address: str
) -> None:
    page = html.unescape(console.get(address + CHINESE).content.decode())
    assert "You may leave <at any time>." in page
    quality, *others = default_perspectives()
    assert list(fields(console, address)) == [
        *["Tree study", "You may leave <at any time>.", "Rate each image."],
        *[quality.label, quality.question, quality.help, *quality.scale.labels],
        # The words of the scale are the same.
        *[text for item in others for text in (item.label, item.question, item.help)],
        *[
            text
            for field in AIGCIQA2023_FORM.fields
            for text in (
                field.label,
                *field.phrases,
                *(item.label for item in AIGCIQA2023_FORM.texts if item.field == field.key),
                *field.clauses,
            )
        ],
    ]
    assert 'placeholder="质量"' in page


def test_a_rater_reads_what_the_owner_wrote(
    console: Client, study: Study, rater: Rater, images: list[Stimulus], address: str
) -> None:
    names = fields(console, address)
    given = {
        names["Tree study"]: "树木研究",
        names["You may leave <at any time>."]: "您可以<随时>离开。",
        names["Quality"]: "画质",
    }
    response = console.post(address + CHINESE, given)
    assert response.status_code == 302
    entry = AuditEntry.objects.get(action="study.changed")
    assert entry.detail == {"settings": ["translations"]}

    chinese = Client(headers={"Accept-Language": "zh-hans"})
    page = chinese.get(rater_link(rater)).content.decode()
    assert "树木研究" in page
    assert "您可以&lt;随时&gt;离开。" in page
    body = RaterClient(rater)
    body.client = chinese
    shown = body.get("session/")["study"]
    # The owner's word for one, the workbench's for the others.
    assert [item["label"] for item in shown["perspectives"]] == ["画质", "真实性", "一致性"]
    english = Client(headers={"Accept-Language": "en"}).get(rater_link(rater)).content.decode()
    assert "Tree study" in english


def test_a_visitor_who_joins_reads_the_title_in_their_language(
    study: Study, owner: User, images: list[Stimulus]
) -> None:
    changes = {"title": "Trees", "translations": {"zh-hans": {"Trees": "树木"}}}
    update_study(study=study, actor=owner, changes=changes)
    link = open_shared_link(study=study, actor=owner, quota=2)
    visitor = Client(headers={"Accept-Language": "zh-hans"})
    page = visitor.get(shared_link_path(link))
    assert "<title>树木</title>" in page.content.decode()
    joined = visitor.post(shared_link_path(link), {"entry": page.context["entry"]}, follow=True)
    assert "<title>树木</title>" in joined.content.decode()


def test_paragraphs_are_kept_as_they_are_stored_elsewhere(
    console: Client, study: Study, address: str
) -> None:
    Study.objects.filter(pk=study.pk).update(instructions="One.\n\nTwo.")
    names = fields(console, address)
    console.post(address + CHINESE, {names["One.\n\nTwo."]: "一。\r\n\r\n二。"})
    study.refresh_from_db()
    assert study.translations["zh-hans"]["One.\n\nTwo."] == "一。\n\n二。"


def test_a_text_that_changes_has_no_translation_any_more(
    console: Client, study: Study, owner: User, address: str
) -> None:
    names = fields(console, address)
    console.post(address + CHINESE, {names["Tree study"]: "树木研究"})
    study.refresh_from_db()
    assert study.translations == {"zh-hans": {"Tree study": "树木研究"}}
    update_study(study=study, actor=owner, changes={"title": "Forest study"})
    groups = console.get(address + CHINESE).context["form"].groups()
    ((text, field),) = groups["Title"]
    assert (text, field.value()) == ("Forest study", "")


def test_the_api_refuses_what_cannot_be_kept(study: Study, owner: User) -> None:
    with pytest.raises(StudyError, match="is not a language code"):
        update_study(study=study, actor=owner, changes={"translations": {"??": {}}})
