"""The page where an owner watches raters, and what it lets an owner do; figures by hand."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotation.models import AuditEntry, Rater, Stimulus, Study, Trial
from annotation.protocol.reliability_rules import ReliabilityRules
from tests.annotation.answering import answer, sitting
from tests.factories import make_rater, make_stimuli, make_stimulus
from workbench.accounts.models import User

ADDRESS = "/studies/demo/raters/"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    cache.clear()
    client.force_login(owner)
    return client


def make_panel(study: Study) -> list[Rater]:
    """The panel of `test_inter_rater`, and one who answers upside down."""
    stimuli = make_stimuli(study, 4)
    rows = ([1, 2, 3, 4], [1, 3, 3, 5], [2, 2, 4, 5], [4, 3, 2, 1])
    raters = [make_rater(study, code=f"RATER{number}") for number in range(4)]
    for rater, row in zip(raters, rows, strict=True):
        session = sitting(rater)
        for stimulus, score in zip(stimuli, row, strict=True):
            answer(session, stimulus, score)
    return raters


def strict_on_agreement(study: Study) -> None:
    """Rules that the upside-down rater fails, and the others of `make_panel` meet."""
    rules = {"inter_rater": {"minimum": 4, "threshold": 0}}
    study.reliability_rules = ReliabilityRules.from_json(rules).to_json()
    study.save()


def shown_codes(client: Client, **query: str) -> list[str]:
    page = client.get(ADDRESS, query).content.decode()
    body = page[page.index('<table class="raters">') :]
    return re.findall(r"<td><a [^>]*><code>(\w+)</code>", body)


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_row_says_what_is_known_of_a_rater(console: Client, study: Study) -> None:
    make_panel(study)
    Rater.objects.filter(code="RATER3").update(status="excluded")
    words = texts(console.get(ADDRESS, {"code": "rater0"}).content.decode())
    # Four ratings, agreement 5.75/√33.4375 = 0.994, neither repeats nor gold, four seconds.
    assert "RATER0 4 0.99 – – 4.0" in words
    # Of the four raters' four ratings each, those of the excluded one do not count.
    assert "4 raters · 12 ratings · 0 flagged · 1 excluded" in words


def test_flags_tell_value_and_threshold(console: Client, study: Study) -> None:
    make_panel(study)
    strict_on_agreement(study)
    page = console.get(ADDRESS, {"show": "flagged"}).content.decode()
    # 4 3 2 1 against the means of 1 1 2, 2 3 2, 3 3 4, 4 5 5: −66/√(5 · 876) = −0.997.
    assert (
        "Agreement with the other raters (corrected correlation): Quality −1.00, "
        "Authenticity −1.00, Correspondence −1.00; the study asks for at least " in page
    )
    assert shown_codes(console, show="flagged") == ["RATER3"]


def test_active_and_excluded_raters_can_be_filtered(console: Client, study: Study) -> None:
    busy, _idle, _gone = make_rater(study), make_rater(study), make_rater(study, status="excluded")
    now = timezone.now()
    Trial.objects.create(
        session=sitting(busy, "rating"),
        rater=busy,
        stimulus=make_stimulus(study, 1),
        position=0,
        draw="priority",
        leased_at=now,
        lease_expires_at=now + timedelta(minutes=5),
    )
    assert shown_codes(console, show="active") == [busy.code]
    assert shown_codes(console, show="excluded") == [_gone.code]
    assert len(shown_codes(console, show="nonsense")) == 3


def test_rows_are_sorted_and_what_is_unknown_comes_last(console: Client, study: Study) -> None:
    make_panel(study)
    silent = make_rater(study, code="SILENT")
    # RATER3 pulls the others' agreement down, but nobody's as far as its own.
    assert shown_codes(console, sort="agreement")[0] == "RATER3"
    assert shown_codes(console, sort="agreement")[-1] == silent.code
    assert shown_codes(console, sort="-agreement")[-1] == silent.code
    assert shown_codes(console, sort="-code")[0] == "SILENT"
    assert shown_codes(console, sort="id; drop table") == shown_codes(console)


def test_headings_say_the_order_and_turn_it(console: Client, study: Study) -> None:
    make_rater(study)
    page = console.get(ADDRESS, {"sort": "agreement", "show": "flagged"}).content.decode()
    assert page.count('aria-sort="ascending"') == 1
    assert "?sort=-agreement&amp;show=flagged" in page


def test_fifty_raters_are_on_a_page(console: Client, study: Study) -> None:
    Rater.objects.bulk_create(Rater(study=study) for _number in range(51))
    assert len(shown_codes(console)) == 50
    assert len(shown_codes(console, page="2")) == 1


def test_pictures_tell_how_far_images_are_covered(console: Client, study: Study) -> None:
    make_panel(study)
    make_stimulus(study, 9)
    assert f'hx-get="{ADDRESS}coverage/"' in console.get(ADDRESS).content.decode()
    page = console.get(f"{ADDRESS}coverage/").content.decode()
    # Four images have four of the three ratings that they want, one has none: 12 of 15.
    assert "12 of 15 ratings wanted (80 %)" in page
    assert "4 of 5 images have all their ratings" in page
    assert "<title>4 ratings, images: 4</title>" in page


def test_an_image_with_very_many_ratings_does_not_widen_the_picture(
    console: Client, study: Study
) -> None:
    stimulus = make_stimulus(study, 1)
    for _number in range(22):
        answer(sitting(make_rater(study)), stimulus, 3)
    page = console.get(f"{ADDRESS}coverage/").content.decode()
    assert "<title>20+ ratings, images: 1</title>" in page


def test_the_picture_reaches_to_what_images_want(console: Client, study: Study) -> None:
    stimulus = make_stimulus(study, 1)
    Stimulus.objects.filter(pk=stimulus.pk).update(wanted_ratings=28, maximum_ratings=28)
    page = console.get(f"{ADDRESS}coverage/").content.decode()
    assert "<title>28 ratings, images: 0</title>" in page
    # So many numbers would run into each other: every fifth and the last have theirs.
    below = re.findall(r'text-anchor="middle">(\d+)</text>', page)
    assert below == ["0", "5", "10", "15", "20", "25", "28"]


def test_the_live_part_asks_for_itself_again(console: Client, study: Study) -> None:
    rater = make_rater(study)
    session = sitting(rater, "rating", begun_at=timezone.now() - timedelta(minutes=20))
    for stimulus in make_stimuli(study, 4):
        answer(session, stimulus, 3, seconds=6)
    assert 'hx-trigger="every 15s"' in console.get(ADDRESS).content.decode()
    response = console.get(reverse("study-raters-live", args=[study.slug]))
    page = response.content.decode()
    assert "<html" not in page
    # Four answers in the last ten minutes, of six seconds each.
    assert "In session 1 Rating now 1 Images per minute 0.4 Seconds per image 6.0" in texts(page)
    assert rater.code in page


def test_nobody_in_session_is_said(console: Client, study: Study) -> None:
    make_rater(study)
    page = console.get(ADDRESS).content.decode()
    assert "Nobody is in a session." in page


@pytest.mark.parametrize(
    "route", ["study-raters", "study-raters-live", "study-raters-coverage", "study-raters-csv"]
)
def test_the_statements_are_as_many_with_more_raters(
    console: Client,
    study: Study,
    route: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    stimuli = make_stimuli(study, 2)
    for _number in range(20):
        session = sitting(make_rater(study), "rating")
        for stimulus in stimuli:
            answer(session, stimulus, 3)
    # Session, account, study, its perspectives and membership; six of the measures; who is there,
    # raters, who was stopped, the ratings that count, whether a link is shared.
    with django_assert_max_num_queries(21):
        assert console.get(reverse(route, args=[study.slug])).status_code == 200


def test_the_table_leaves_as_csv_with_the_measures(console: Client, study: Study) -> None:
    make_panel(study)
    Rater.objects.filter(code="RATER3").update(status="excluded")
    lines = console.get(f"{ADDRESS[:-1]}.csv").content.decode("utf-8-sig").splitlines()
    measures = "agreement,retest,gold,seconds,away,attention_missed"
    assert lines[0] == f"code,link,status,ratings,{measures},flags"
    assert re.fullmatch(r"RATER0,http://testserver/rate/\S+,active,4,0.9944,,,4.0,,,", lines[1])
    raw = console.get(f"{ADDRESS[:-1]}.csv?raw=1").content
    assert raw.startswith(b"code,link")


def test_an_exclusion_is_kept_with_who_and_why_and_comes_back_to_the_same_rows(
    console: Client, study: Study, owner: User
) -> None:
    rater = make_rater(study)
    address = reverse("study-rater-status", args=[study.slug, rater.code])
    data = {"status": "excluded", "reason": "gold missed", "show": "flagged", "sort": "-flags"}
    response = console.post(address, data)
    assert response["Location"] == "/studies/demo/raters/?sort=-flags&show=flagged"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("rater.excluded", owner)
    assert entry.detail == {"rater": rater.code, "reason": "gold missed"}
    console.post(address, {"status": "active", "reason": "was briefed", "from": "rater"})
    assert Rater.objects.get().status == "active"
    assert AuditEntry.objects.latest("pk").detail["reason"] == "was briefed"


@pytest.mark.parametrize(
    ("reason", "words"),
    [(" ", "Say why"), ("x" * 501, "501 characters; the limit is 500"), ("a\0b", "NUL character")],
)
def test_a_reason_that_cannot_be_kept_excludes_nobody(
    console: Client, study: Study, reason: str, words: str
) -> None:
    rater = make_rater(study)
    address = reverse("study-rater-status", args=[study.slug, rater.code])
    response = console.post(address, {"status": "excluded", "reason": reason}, follow=True)
    assert words in response.content.decode()
    assert Rater.objects.get().status == "active"
    assert not AuditEntry.objects.exists()


def test_outsiders_neither_see_nor_exclude_raters(
    client: Client, study: Study, rater: Rater, outsider: User
) -> None:
    client.force_login(outsider)
    for route in ("study-raters", "study-raters-live", "study-raters-csv"):
        assert client.get(reverse(route, args=[study.slug])).status_code == 404
    address = reverse("study-rater-status", args=[study.slug, rater.code])
    assert client.post(address, {"status": "excluded", "reason": "mine"}).status_code == 404
    assert Rater.objects.get().status == "active"


def test_a_rater_of_another_study_is_not_found(
    console: Client, study: Study, outsider: User
) -> None:
    from tests.factories import make_study

    theirs = make_rater(make_study(outsider, "theirs"))
    address = reverse("study-rater-status", args=[study.slug, theirs.code])
    assert console.post(address, {"status": "excluded", "reason": "x"}).status_code == 404
    assert console.get(reverse("study-rater", args=[study.slug, theirs.code])).status_code == 404
