"""The audit trail of a study and of the site, in words."""

import csv
import io

from django.core.cache import cache
from django.test import Client

from annotation.models import AuditEntry, RaterIdentity, Study
from annotation.raters.services import create_raters
from annotation.studies.audit import record
from workbench.accounts.models import User


def test_acts_are_read_in_words_with_who_and_when(
    console: Client, study: Study, owner: User
) -> None:
    record(study=study, actor=owner, action="study.changed", settings=["title"])
    page = console.get("/studies/demo/activity/").content.decode()
    assert "Changed the settings: title" in page
    assert ">owner<" in page
    assert " UTC<" in page, "a time without its zone is none"


def test_fifty_acts_are_on_a_page(console: Client, study: Study) -> None:
    for number in range(51):
        record(study=study, actor=None, action="release.made", name=str(number), method="mean")
    assert len(console.get("/studies/demo/activity/").context["entries"]) == 50
    assert len(console.get("/studies/demo/activity/?page=2").context["entries"]) == 1


def test_only_administrators_see_the_site(
    client: Client, study: Study, owner: User, administrator: User
) -> None:
    record(study=None, actor=owner, action="account.signed_in")
    record(study=study, actor=None, action="study.paused")
    client.force_login(owner)
    assert client.get("/activity/").status_code == 404
    client.force_login(administrator)
    page = client.get("/activity/").content.decode()
    assert "Signed in" in page
    assert "Paused the study" in page
    assert 'href="/studies/demo/"' in page


def test_what_leaves_is_kept(console: Client, study: Study, owner: User) -> None:
    create_raters(study=study, count=1, actor=None)
    list(console.get("/studies/demo/export/csv/"))
    list(console.get("/api/v1/studies/demo/export/?format=jsonl"))
    console.get("/studies/demo/raters.csv")
    console.get("/studies/demo/invitations.csv")
    console.get("/studies/demo/payment.csv")
    entries = AuditEntry.objects.filter(actor=owner).order_by("pk")
    assert list(entries.values_list("action", "detail")) == [
        ("study.exported", {"format": "csv", "release": None}),
        ("study.exported", {"format": "jsonl", "release": None}),
        ("raters.downloaded", {"what": "raters", "names": False}),
        ("raters.downloaded", {"what": "links", "names": False}),
        ("raters.downloaded", {"what": "payment", "names": True}),
    ]


def acts_in(page: Client, query: str) -> list[str]:
    shown = page.get(f"/studies/demo/activity/?{query}").context["entries"]
    return [entry.action for entry, _words in shown]


def test_acts_are_found_by_who_by_words_and_by_what_fills_them(
    console: Client, study: Study, owner: User, outsider: User
) -> None:
    record(study=study, actor=owner, action="study.changed", settings=["title"])
    record(study=study, actor=outsider, action="release.made", name="camera-ready", method="mos")
    record(study=study, actor=None, action="study.paused")
    assert acts_in(console, "search=outsider") == ["release.made"]
    assert acts_in(console, "search=CHANGED+the+settings") == ["study.changed"]
    assert acts_in(console, "search=camera-ready") == ["release.made"]
    assert acts_in(console, "search=nothing-of-the-kind") == []
    assert acts_in(console, "search=release&since=2001-01-01&until=2001-01-02") == []
    assert acts_in(console, "search=release&since=2001-01-01") == ["release.made"]
    assert "release.made" in acts_in(console, "since=not-a-day")
    page = console.get("/studies/demo/activity/?search=release").content.decode()
    assert "?search=release&amp;csv" in page


def test_acts_leave_as_a_table_and_that_is_an_act(
    console: Client, study: Study, owner: User
) -> None:
    record(study=study, actor=owner, action="study.changed", settings=["title"])
    record(study=study, actor=owner, action="rater.excluded", rater="A", reason="=1+1")
    answer = console.get("/studies/demo/activity/?search=rater&csv&raw=true")
    assert answer["Content-Disposition"] == 'attachment; filename="demo-activity.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["who"], row["study"], row["action"]) == ("owner", "demo", "rater.excluded")
    assert row["words"] == "Excluded rater A: =1+1"
    assert AuditEntry.objects.first().action == "activity.exported"  # type: ignore[union-attr]


def test_looking_at_names_is_an_act_once_an_hour(
    console: Client, study: Study, owner: User, administrator: User, client: Client
) -> None:
    cache.clear()
    console.get("/studies/demo/raters/")
    reading = AuditEntry.objects.filter(action="raters.names_read")
    assert not reading.exists(), "there are no names yet"
    rater = create_raters(study=study, count=1, actor=None)[0]
    RaterIdentity.objects.create(rater=rater, name="Ada")
    for _again in range(3):
        console.get("/studies/demo/raters/")
        console.get(f"/studies/demo/raters/{rater.code}/")
    assert list(reading.values_list("actor__username", flat=True)) == ["owner"]
    client.force_login(administrator)
    client.get("/studies/demo/raters/")
    assert reading.count() == 1, "an administrator sees codes"
