"""Personal links by name, and the shared link with its quota; also for many at once."""

import time
from collections.abc import Callable

import pytest
import redis.exceptions
from django.core.cache import cache
from django.db import IntegrityError

from annotation.models import (
    AuditEntry,
    Participant,
    Rater,
    RaterIdentity,
    SharedLink,
    Study,
)
from annotation.raters import invitations
from annotation.raters.access import link_token
from annotation.raters.errors import LinkError, StudyNotOpenError
from annotation.raters.invitations import (
    QuotaError,
    SharedLinkBusyError,
    SharedLinkClosedError,
    SharedLinkFullError,
    close_shared_link,
    invite_people,
    join,
    new_entry,
    open_shared_link,
    rotate_shared_link,
    shared_link_from_token,
    shared_link_path,
)
from annotation.raters.leaving import leaving_of
from annotation.raters.people import PeopleError, Person
from annotation.raters.services import RaterCountError
from tests.annotation.rating.helpers import at_once
from tests.factories import make_study
from workbench.accounts.models import User

ANN, BEN = Person("Ann", "ann@lab.org"), Person("Ben", "")


@pytest.fixture
def link(study: Study, owner: User) -> SharedLink:
    return open_shared_link(study=study, quota=2, actor=owner)


def again(link: SharedLink) -> SharedLink:
    """The link as another request reads it."""
    return SharedLink.objects.select_related("study").get(pk=link.pk)


def newcomer(link: SharedLink) -> Rater:
    link = again(link)
    return join(link=link, entry=new_entry(link))


def token(link: SharedLink) -> str:
    return shared_link_path(link).split("/")[-2]


def test_names_are_kept_apart_from_raters_and_the_audit_trail(study: Study, owner: User) -> None:
    first, second = invite_people(study=study, people=[ANN, BEN], actor=owner)
    assert (first.identity.name, first.identity.email) == ("Ann", "ann@lab.org")
    assert second.identity.name == "Ben"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == ("raters.created", {"count": 2})


def test_nobody_is_invited_to_a_study_twice(study: Study, owner: User) -> None:
    invite_people(study=study, people=[ANN], actor=owner)
    with pytest.raises(PeopleError, match="already has a link"):
        invite_people(study=study, people=[BEN, Person("", "ANN@LAB.ORG")], actor=owner)
    assert Rater.objects.count() == RaterIdentity.objects.count() == 1


def test_a_name_without_an_address_is_invited_once(study: Study, owner: User) -> None:
    invite_people(study=study, people=[BEN], actor=owner)
    with pytest.raises(PeopleError, match="BEN already has a link"):
        invite_people(study=study, people=[Person("BEN", ""), ANN], actor=owner)
    invite_people(study=study, people=[Person("Ben", "ben@lab.org")], actor=owner)
    assert Rater.objects.count() == 2


@pytest.mark.parametrize("count", [0, 1001])
def test_nobody_and_too_many_are_no_invitation(study: Study, owner: User, count: int) -> None:
    with pytest.raises(RaterCountError):
        invite_people(study=study, people=[BEN] * count, actor=owner)
    assert not Rater.objects.exists()


def test_each_newcomer_is_a_rater_until_the_quota_is_used_up(link: SharedLink) -> None:
    assert newcomer(link).code != newcomer(link).code
    with pytest.raises(SharedLinkFullError):
        newcomer(link)
    assert (again(link).used, Rater.objects.count()) == (2, 2)
    assert not RaterIdentity.objects.exists()


def test_one_entry_is_one_rater_even_when_the_link_is_full(link: SharedLink) -> None:
    entry = new_entry(link)
    first = join(link=link, entry=entry)
    newcomer(link)
    assert join(link=again(link), entry=entry) == first
    assert again(link).used == 2


def test_a_larger_quota_lets_more_in(link: SharedLink, study: Study, owner: User) -> None:
    newcomer(link)
    newcomer(link)
    open_shared_link(study=study, quota=3, actor=owner)
    newcomer(link)
    assert again(link).used == 3


@pytest.mark.parametrize("quota", [1, 0, -1, 10_001])
def test_a_quota_holds_those_who_joined_and_is_a_number_of_raters(
    link: SharedLink, study: Study, owner: User, quota: int
) -> None:
    newcomer(link)
    newcomer(link)
    with pytest.raises(QuotaError):
        open_shared_link(study=study, quota=quota, actor=owner)
    assert again(link).quota == 2


def test_a_closed_link_lets_nobody_in_until_it_is_opened_again(
    link: SharedLink, study: Study, owner: User
) -> None:
    close_shared_link(study=study, actor=owner)
    with pytest.raises(SharedLinkClosedError):
        newcomer(link)
    open_shared_link(study=study, quota=2, actor=owner)
    newcomer(link)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "shared_link.opened",
        "shared_link.closed",
        "shared_link.opened",
    ]


def test_a_new_address_replaces_the_old_one(link: SharedLink, study: Study, owner: User) -> None:
    old = token(link)
    assert shared_link_from_token(old) == link
    rotate_shared_link(study=study, actor=owner)
    with pytest.raises(LinkError):
        shared_link_from_token(old)
    assert shared_link_from_token(token(again(link))) == link
    with pytest.raises(LinkError):
        join(link=link, entry=new_entry(link))
    assert not Rater.objects.exists()


@pytest.mark.parametrize("forge", [lambda t: t[:-1], lambda t: "1.1", lambda t: t.replace(".", "")])
def test_a_forged_link_opens_nothing(link: SharedLink, forge: Callable[[str], str]) -> None:
    with pytest.raises(LinkError):
        shared_link_from_token(forge(token(link)))


def test_a_link_that_was_deleted_opens_nothing(link: SharedLink) -> None:
    signed = token(link)
    link.delete()
    with pytest.raises(LinkError):
        shared_link_from_token(signed)


def test_without_a_link_nobody_is_led_back(link: SharedLink) -> None:
    rater = newcomer(link)
    Participant.objects.create(rater=rater, study=link.study, identifier="p-1")
    SharedLink.objects.all().delete()
    assert leaving_of(rater.pk, None) is None


def test_a_raters_link_is_no_shared_link(link: SharedLink) -> None:
    with pytest.raises(LinkError):
        shared_link_from_token(link_token(newcomer(link)))


@pytest.mark.parametrize("status", ["draft", "paused", "closed"])
def test_nobody_joins_a_study_that_is_not_open(link: SharedLink, status: str) -> None:
    Study.objects.update(status=status)
    with pytest.raises(StudyNotOpenError):
        newcomer(link)
    assert again(link).used == 0


def test_an_entry_is_for_its_link_and_for_a_day(
    link: SharedLink, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = new_entry(link)
    with pytest.raises(LinkError):
        join(link=link, entry=entry + "x")
    other = open_shared_link(study=make_study(owner, "other"), quota=1, actor=owner)
    with pytest.raises(LinkError):
        join(link=other, entry=entry)
    tomorrow = time.time() + 24 * 3600 + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: tomorrow)
    with pytest.raises(LinkError):
        join(link=link, entry=entry)


def test_a_minute_lets_in_only_so_many(link: SharedLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "JOINS_PER_MINUTE", 1)
    newcomer(link)
    with pytest.raises(SharedLinkBusyError):
        newcomer(link)
    assert again(link).used == 1


def test_without_redis_people_still_join_up_to_the_quota(
    link: SharedLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_given: object, **_named: object) -> None:
        raise redis.exceptions.ConnectionError

    monkeypatch.setattr(cache, "add", unreachable)
    newcomer(link)
    assert again(link).used == 1


def test_the_database_holds_the_quota_too(link: SharedLink) -> None:
    with pytest.raises(IntegrityError):
        SharedLink.objects.update(used=3)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_pass_the_quota(study: Study, owner: User) -> None:
    link = open_shared_link(study=study, quota=3, actor=owner)
    refused: list[Exception] = []

    def come(_number: int) -> None:
        try:
            newcomer(link)
        except SharedLinkFullError as error:
            refused.append(error)

    at_once(come, list(range(12)))
    assert (again(link).used, Rater.objects.count(), len(refused)) == (3, 3, 9)


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_many_times_at_once_makes_one_rater(study: Study, owner: User) -> None:
    link = open_shared_link(study=study, quota=1, actor=owner)
    entry = new_entry(link)
    codes: list[str] = []

    def press() -> str:
        return join(link=again(link), entry=entry).code

    at_once(lambda _number: codes.append(press()), list(range(8)))
    assert (len(codes), len(set(codes)), again(link).used) == (8, 1, 1)
