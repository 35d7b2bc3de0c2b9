"""The page for inviting raters."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import Rater, RaterIdentity, SharedLink, Study
from annotation.raters.access import rater_link
from annotation.raters.invitations import join, new_entry
from tests.factories import make_rater
from workbench.accounts.models import User

PAGE = "/studies/demo/invite/"


def rows(console: Client, query: str = "") -> list[dict[str, str]]:
    data = console.get(f"/studies/demo/invitations.csv{query}").content
    assert data.startswith(b"\xef\xbb\xbf") != bool(query)
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def shared(console: Client, **data: Any) -> Any:
    return console.post(f"{PAGE}shared/", data)


def test_a_thousand_links_are_made_at_once(console: Client, study: Study) -> None:
    console.post(PAGE, {"count": "1000"})
    assert Rater.objects.filter(study=study).count() == 1000
    assert len({row["link"] for row in rows(console)}) == 1000


@pytest.mark.parametrize("count", ["0", "1001", "", "many"])
def test_a_count_that_does_not_fit_makes_none(console: Client, study: Study, count: str) -> None:
    response = console.post(PAGE, {"count": count})
    assert "count" in response.context["count_form"].errors
    assert not Rater.objects.exists()


def test_people_get_links_and_the_csv_says_whose(console: Client, study: Study) -> None:
    console.post(PAGE, {"people": "Ann Lee <ann@lab.org>\r\n李安"})
    first, second = rows(console)
    assert (first["name"], first["email"]) == ("Ann Lee", "ann@lab.org")
    assert (second["name"], second["status"], second["ratings"]) == ("李安", "active", "0")
    rater = Rater.objects.get(code=first["code"])
    assert first["link"] == f"http://testserver{rater_link(rater)}"


def test_a_line_that_names_nobody_is_reported_at_the_field(console: Client, study: Study) -> None:
    response = console.post(PAGE, {"people": "Ann\nben@"})
    assert "Line 2" in response.context["people_form"].errors["people"][0]
    assert "ben@" in response.content.decode(), "what was pasted is still there"
    assert not Rater.objects.exists()


def test_a_name_that_looks_like_a_formula_is_none_in_the_csv(console: Client, study: Study) -> None:
    rater = make_rater(study)
    RaterIdentity.objects.create(rater=rater, name='=HYPERLINK("http://x")', email="+a@lab.org")
    (row,) = rows(console)
    assert (row["name"], row["email"]) == ('\'=HYPERLINK("http://x")', "'+a@lab.org")
    (row,) = rows(console, "?raw=1")
    assert (row["name"], row["email"]) == ('=HYPERLINK("http://x")', "+a@lab.org")


def test_a_file_of_people_is_read_in_the_encodings_of_spreadsheets(
    console: Client, study: Study
) -> None:
    people = "编号;姓名;邮箱\n1;李安;an@lab.cn\n2;王小明;ming@lab.cn\n".encode("gb18030")
    console.post(PAGE, {"people": "", "file": SimpleUploadedFile("p.csv", people)})
    assert [(row["name"], row["email"]) for row in rows(console)] == [
        ("李安", "an@lab.cn"),
        ("王小明", "ming@lab.cn"),
    ]


@pytest.mark.parametrize(
    ("text", "file", "field", "says"),
    [
        ("", b"", "people", "Write a list, or choose a file"),
        ("Ann", b"Ben", "people", "Write a list, or choose a file"),
        ("", b"%PDF-1.7", "people", "p.csv is not a table but a file of another kind: PDF"),
        ("", "name\nJörg Müller\nJosé".encode("cp1252"), "people", "Windows-1252"),
        ("", b"name,email\nAnn,ann@\n", "people", "Line 2"),
        ("", b"name\nA\0nn\n", "people", "Line 2: column"),
        ("", b"x" * (2**20 + 1), "file", "too large"),
    ],
)
def test_a_list_or_file_that_cannot_be_read_is_told_at_its_field(
    console: Client, study: Study, text: str, file: bytes, field: str, says: str
) -> None:
    sent = {"people": text, "file": SimpleUploadedFile("p.csv", file)} if file else {"people": text}
    response = console.post(PAGE, sent)
    assert says in response.context["people_form"].errors[field][0]
    assert not Rater.objects.exists()


def test_a_shared_link_is_opened_changed_replaced_and_closed(console: Client, study: Study) -> None:
    shared(console, wish="open", quota="3")
    first = console.get(PAGE).context["address"]
    assert first in console.get(PAGE).content.decode()
    shared(console, wish="open", quota="5")
    assert SharedLink.objects.get().quota == 5
    assert console.get(PAGE).context["address"] == first
    shared(console, wish="rotate")
    second = console.get(PAGE).context["address"]
    assert second != first
    shared(console, wish="close")
    assert not SharedLink.objects.get().is_open
    assert second not in console.get(PAGE).content.decode()


@pytest.mark.parametrize("quota", ["0", "10001", "", "2.5", "1"])
def test_a_quota_that_does_not_fit_changes_nothing(
    console: Client, study: Study, quota: str
) -> None:
    shared(console, wish="open", quota="2")
    link = SharedLink.objects.select_related("study").get()
    for _visitor in range(2):
        join(link=link, entry=new_entry(link))
    response = shared(console, wish="open", quota=quota)
    assert "quota" in response.context["quota_form"].errors
    assert SharedLink.objects.get().quota == 2


def test_an_open_shared_link_is_an_invitation(console: Client, study: Study) -> None:
    Study.objects.update(status="draft")
    shared(console, wish="open", quota="3")
    steps = {step.text: step.done for step in console.get("/studies/demo/").context["steps"]}
    assert steps["Invite raters"]


def test_every_page_about_raters_leads_to_the_crowd_platforms_once_a_link_is_shared(
    console: Client, study: Study
) -> None:
    pages = [PAGE, "/studies/demo/raters/", "/studies/demo/raters/reports/"]
    tab = reverse("study-recruitment", args=["demo"])
    assert not any(tab in console.get(page).content.decode() for page in pages)
    shared(console, wish="open", quota="3")
    assert all(tab in console.get(page).content.decode() for page in pages)


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}shared/"])
def test_another_account_invites_nobody(
    client: Client, study: Study, outsider: User, path: str
) -> None:
    client.force_login(outsider)
    assert client.post(path, {"count": "3", "wish": "open", "quota": "3"}).status_code == 404
    assert client.get("/studies/demo/invitations.csv").status_code == 404
    assert not Rater.objects.exists()
    assert not SharedLink.objects.exists()


def test_names_are_escaped(console: Client, study: Study) -> None:
    page = console.post(PAGE, {"people": "<script>alert(1)</script>@"}).content.decode()
    assert "<script>alert(1)" not in page
