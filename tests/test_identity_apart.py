"""Who a rater is stays with the study's owner: every page, API and file is searched for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import ImportJob, Rater, RaterIdentity, Stimulus, Study
from annotation.models.membership import MemberRole
from annotation.raters.access import rater_link
from annotation.raters.invitations import invite_people
from annotation.raters.messages import write_to_raters
from annotation.raters.people import Person
from annotation.raters.services import set_rater_status
from modelops.registry.snapshots import take_snapshot
from tests.annotation.answering import answer, sitting
from tests.factories import make_member, make_rater, make_stimuli, make_user
from tests.test_permissions_table import TABLE, World, make_delivery
from workbench.accounts.models import User

NAME, EMAIL, NOTE = (
    "Hypatia Zwicky",
    "h.zwicky@observatory.example",
    "left-handed, in the attic room",
)
#: What no text may hold, in small letters.
SECRETS = ("hypatia", "zwicky", "observatory.example", "left-handed", "attic room")

#: The places with names, for the owner alone: raters' pages and the links to send out.
TELLS_THE_OWNER = {
    "study-rater",
    "study-raters",
    "study-raters-live",
    "study-invitations-csv",
    "api-identities",
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stimuli(study: Study) -> list[Stimulus]:
    return make_stimuli(study, 3)


@pytest.fixture
def known(study: Study, owner: User, stimuli: list[Stimulus]) -> Rater:
    """An invited rater who has rated, reported, been written to and been excluded."""
    (rater,) = invite_people(study=study, people=[Person(NAME, EMAIL)], actor=owner)
    RaterIdentity.objects.update(note=NOTE)
    session, other = sitting(rater, "rating"), sitting(make_rater(study), "rating")
    for stimulus in stimuli:
        answer(session, stimulus, 3, at=timezone.now())
        answer(other, stimulus, 4, at=timezone.now())
    write_to_raters(study=study, raters=[rater], actor=owner, text="Thank you.")
    set_rater_status(rater=rater, actor=owner, status="excluded", reason="too fast")
    set_rater_status(rater=rater, actor=owner, status="active")
    return rater


@pytest.fixture
def pages(study: Study, known: Rater, stimuli: list[Stimulus]) -> dict[str, str]:
    """The address of every route that is read, by name."""
    job = ImportJob.objects.create(study=study, manifest_name="manifest.csv")
    colleague = make_member(study, make_user("colleague"), MemberRole.VIEWER)
    world = World(study, stimuli[0], known, job, make_delivery(study), colleague)
    return {
        route: reverse(route, args=[world.argument(name) for name in names])
        for route, (method, names, _statuses) in TABLE.items()
        if method == "get"
    }


def secrets_in(text: str) -> set[str]:
    return {secret for secret in SECRETS if secret in text.lower()}


def text_of(client: Client, address: str) -> str:
    response: Any = client.get(address)
    if getattr(response, "streaming", False):
        return b"".join(response.streaming_content).decode()
    return str(response.content.decode())


def telling(client: Client, pages: dict[str, str]) -> set[str]:
    return {route for route, address in pages.items() if secrets_in(text_of(client, address))}


def test_the_owner_sees_names_in_these_places_only(owner: User, pages: dict[str, str]) -> None:
    client = Client()
    client.force_login(owner)
    assert telling(client, pages) == TELLS_THE_OWNER


@pytest.mark.parametrize("visitor", ["administrator", "outsider", "anonymous"])
def test_nobody_else_sees_names_anywhere(
    request: pytest.FixtureRequest, visitor: str, pages: dict[str, str]
) -> None:
    client = Client()
    if visitor != "anonymous":
        client.force_login(request.getfixturevalue(visitor))
    assert telling(client, pages) == set()


def test_the_pages_tell_of_the_rater_by_code(
    owner: User, known: Rater, pages: dict[str, str]
) -> None:
    """Otherwise the tests above would read pages without the rater."""
    client = Client()
    client.force_login(owner)
    for route in (
        "study-raters",
        "study-raters-csv",
        "study-raters-live",
        "study-rater",
        "study-activity",
        "api-raters",
        "api-reliability",
        "api-export",
        "study-export-file",
    ):
        assert known.code in text_of(client, pages[route]), route


@pytest.mark.parametrize("form", ["csv", "jsonl", "nested"])
def test_no_export_names_anybody(
    owner: User, study: Study, known: Rater, tmp_path: Path, form: str
) -> None:
    client = Client()
    client.force_login(owner)
    file = tmp_path / f"export.{form}"
    call_command("export_study", study.slug, str(file), format=form)
    texts = [
        file.read_text(),
        text_of(client, f"/api/v1/studies/demo/export/?format={form}"),
        text_of(client, f"/studies/demo/export/{form}/"),
    ]
    for text in texts:
        assert known.code in text
        assert not secrets_in(text)


def test_a_label_snapshot_does_not_tell_who(study: Study, known: Rater) -> None:
    with storages["artifacts"].open(take_snapshot(study).artifact) as file:
        stored = file.read().decode("latin-1")
    assert not secrets_in(stored)


def test_the_raters_own_page_does_not_tell_who(known: Rater) -> None:
    """Links are passed on: opening one does not reveal the person it was for."""
    text = text_of(Client(), rater_link(known))
    assert "form" in text
    assert not secrets_in(text)


def rows_of_other_tables() -> Iterator[tuple[str, str]]:
    """Every row of the database but those of the identities, as JSON text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table == RaterIdentity._meta.db_table:
                continue
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {connection.ops.quote_name(table)} AS t")
            yield from ((table, text) for (text,) in cursor.fetchall())


def test_no_other_table_names_anybody_least_of_all_the_audit_trail(
    study: Study, known: Rater
) -> None:
    assert RaterIdentity.objects.get(rater=known).email == EMAIL
    rows = list(rows_of_other_tables())
    assert known.code in "".join(text for table, text in rows if table == "annotation_auditentry")
    assert [table for table, text in rows if secrets_in(text)] == []
