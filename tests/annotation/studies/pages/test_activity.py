"""The audit trail of a study and of the site, in words."""

from django.test import Client

from annotation.models import AuditEntry, Study
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
