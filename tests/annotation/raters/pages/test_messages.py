"""Writing to raters from the console, and reading what they report."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Message, Rater, Study
from annotation.raters.services import set_rater_status
from tests.factories import make_rater
from workbench.accounts.models import User


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def said(client: Client, response_path: str) -> str:
    return client.get(response_path).content.decode()


def test_an_owner_writes_to_one_rater(console: Client, study: Study, rater: Rater) -> None:
    make_rater(study)
    where = reverse("study-rater-message", args=[study.slug, rater.code])
    page = console.post(where, {"text": "See <b>the</b> text."}, follow=True).content.decode()
    assert "Sent; 1 rater will see it on their page." in page
    assert "See &lt;b&gt;the&lt;/b&gt; text." in page
    assert "not read yet" in page
    assert [(item.rater, item.sender) for item in Message.objects.all()] == [(rater, "owner")]


def test_all_raters_but_the_excluded_are_written_to(
    console: Client, study: Study, rater: Rater, owner: User
) -> None:
    other = make_rater(study)
    set_rater_status(rater=other, actor=owner, status="excluded", reason="asked for it")
    where = reverse("study-raters-message", args=[study.slug])
    page = console.post(where, {"text": "We close on Friday."}, follow=True).content.decode()
    assert "Sent; 1 rater will see it on their page." in page
    assert [item.rater for item in Message.objects.all()] == [rater]


def test_an_empty_message_says_so(console: Client, study: Study, rater: Rater) -> None:
    where = reverse("study-rater-message", args=[study.slug, rater.code])
    assert (
        "Write a few words first."
        in console.post(where, {"text": " "}, follow=True).content.decode()
    )


def test_reports_are_counted_until_they_were_seen(
    console: Client, study: Study, rater: Rater
) -> None:
    Message.objects.create(rater=rater, sender="rater", text="The <i>prompt</i> is cut off.")
    raters = reverse("study-raters", args=[study.slug])
    assert 'class="badge warn">1</span>' in said(console, raters)
    page = said(console, reverse("study-reports", args=[study.slug]))
    assert "The &lt;i&gt;prompt&lt;/i&gt; is cut off." in page
    assert rater.code in page
    assert 'class="badge warn">new</span>' in page
    assert 'class="badge warn">1</span>' not in said(console, raters)
