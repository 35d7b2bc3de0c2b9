"""Members of a study: who may choose them, and what follows for them at once."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import AuditEntry, Membership, Study
from annotation.models.membership import MemberRole
from annotation.studies.acts import said
from annotation.studies.members import (
    MemberError,
    add_member,
    change_member,
    remove_member,
    transfer_ownership,
)
from tests.factories import make_member, make_study, make_user
from workbench.accounts.models import User

MEMBERS = "/api/v1/studies/demo/members/"
JSON = "application/json"


def roles(study: Study) -> dict[str, tuple[str, bool]]:
    rows = study.memberships.values_list("user__username", "role", "sees_names")
    return {name: (role, sees) for name, role, sees in rows}


@pytest.fixture
def colleague(study: Study) -> User:
    user = make_user("colleague")
    make_member(study, user, MemberRole.MANAGER)
    return user


def test_a_members_rights_follow_their_role_at_once(
    study: Study, owner: User, outsider: User
) -> None:
    def allowed() -> list[bool]:
        return [
            outsider.has_perm(f"annotation.{name}", study)
            for name in ("view_study", "change_study", "read_identities", "change_members")
        ]

    found = [allowed()]
    add_member(study=study, actor=owner, account="outsider", role="viewer")
    found.append(allowed())
    change_member(study=study, actor=owner, account="outsider", role="manager", sees_names=False)
    found.append(allowed())
    change_member(study=study, actor=owner, account="outsider", role="manager", sees_names=True)
    found.append(allowed())
    transfer_ownership(study=study, actor=owner, account="outsider")
    found.append(allowed())
    transfer_ownership(study=study, actor=outsider, account="owner")
    remove_member(study=study, actor=owner, account="outsider")
    found.append(allowed())
    assert found == [
        [False, False, False, False],
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
        [False, False, False, False],
    ]
    entries = AuditEntry.objects.filter(study=study, action__startswith="member.").order_by("pk")
    assert [said(entry) for entry in entries] == [
        "Added outsider as a member: Viewer, without names",
        "Changed what outsider may do: Manager, without names",
        "Changed what outsider may do: Manager, with names",
        "Made outsider the owner, in place of owner",
        "Made owner the owner, in place of outsider",
        "Removed the member outsider",
    ]


def test_who_owned_a_study_goes_on_as_a_manager_with_names(
    study: Study, owner: User, colleague: User
) -> None:
    transfer_ownership(study=study, actor=owner, account="colleague")
    assert roles(study) == {"colleague": ("owner", True), "owner": ("manager", True)}


@pytest.mark.parametrize(
    ("account", "role", "sees_names", "told"),
    [
        ("nobody", "viewer", False, "no account “nobody”"),
        ("Outsider", "viewer", False, "no account “Outsider”"),
        ("gone", "viewer", False, "no account “gone”"),
        ("colleague", "viewer", False, "colleague is a member already"),
        ("outsider", "owner", False, "Choose a role"),
        ("outsider", "", False, "Choose a role"),
        ("outsider", "viewer", True, "Viewers have no pages"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_changed(
    study: Study, owner: User, outsider: User, colleague: User, account: str, role: str,
    sees_names: bool, told: str,
) -> None:  # fmt: skip
    make_user("gone", is_active=False)
    before = roles(study)
    with pytest.raises(MemberError, match=told):
        add_member(study=study, actor=owner, account=account, role=role, sees_names=sees_names)
    assert roles(study) == before


def test_the_owner_cannot_go(study: Study, owner: User, administrator: User) -> None:
    for actor in (owner, administrator):
        with pytest.raises(MemberError, match="exactly one owner"):
            remove_member(study=study, actor=actor, account="owner")
        with pytest.raises(MemberError, match="exactly one owner"):
            change_member(
                study=study, actor=actor, account="owner", role="viewer", sees_names=False
            )
    assert roles(study) == {"owner": ("owner", True)}


def test_an_account_that_is_closed_becomes_no_owner(
    study: Study, owner: User, colleague: User
) -> None:
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    with pytest.raises(MemberError, match="deactivated"):
        transfer_ownership(study=study, actor=owner, account="colleague")


def test_an_administrator_cannot_show_names_to_anybody(
    study: Study, administrator: User, colleague: User
) -> None:
    """They see none themselves; what the owner has shown, they may leave as it is."""
    given: dict[str, Any] = {"study": study, "actor": administrator, "account": "colleague"}
    with pytest.raises(MemberError, match="Only somebody who sees"):
        change_member(**given, role="manager", sees_names=True)
    Membership.objects.filter(user=colleague).update(sees_names=True)
    assert change_member(**given, role="manager", sees_names=True).sees_names


def test_the_page_adds_changes_and_removes(
    console: Client, study: Study, outsider: User, colleague: User
) -> None:
    page = "/studies/demo/members/"
    console.post(page, {"account": "outsider", "role": "manager", "sees_names": "on"})
    assert roles(study)["outsider"] == ("manager", True)
    member = study.memberships.get(user=outsider)
    console.post(f"{page}{member.pk}/change/", {"role": "viewer"})
    assert roles(study)["outsider"] == ("viewer", False)
    console.post(f"{page}{member.pk}/remove/")
    assert "outsider" not in roles(study)
    refused = console.post(page, {"account": "nobody", "role": "viewer"}).content.decode()
    assert "There is no account “nobody”." in refused
    assert console.post(f"{page}{member.pk}/remove/").status_code == 404
    another = make_study(outsider, "another").memberships.get()
    assert console.post(f"{page}{another.pk}/remove/").status_code == 404
    assert console.post(f"{page}{study.memberships.first().pk}/ruin/").status_code == 404  # type: ignore[union-attr]


def test_a_manager_reads_the_list_and_changes_nothing(
    client: Client, study: Study, colleague: User
) -> None:
    client.force_login(colleague)
    page = client.get("/studies/demo/members/").content.decode()
    assert "Add a member" not in page
    assert "choose the members" in page
    answer = client.post("/studies/demo/members/", {"account": "colleague", "role": "viewer"})
    assert answer.status_code == 403


def test_the_api_does_what_the_page_does(console: Client, study: Study, outsider: User) -> None:
    added = console.post(MEMBERS, {"account": "outsider", "role": "viewer"}, content_type=JSON)
    assert added.status_code == 201
    assert added.json()["role"] == "viewer"
    given = {"role": "manager", "sees_names": True}
    changed = console.put(f"{MEMBERS}outsider/", given, content_type=JSON)
    assert changed.json()["sees_names"] is True
    assert console.get(f"{MEMBERS}outsider/").json() == changed.json()
    names = [item["account"] for item in console.get(MEMBERS).json()]
    assert names == ["owner", "outsider"]
    refused = console.delete(f"{MEMBERS}owner/")
    assert (refused.status_code, refused.json()["code"]) == (400, "member_invalid")
    assert console.delete(f"{MEMBERS}outsider/").status_code == 204
    assert console.delete(f"{MEMBERS}outsider/").status_code == 404
    assert console.post(f"{MEMBERS}outsider/ownership/").status_code == 404


def test_the_api_hands_a_study_over(console: Client, study: Study, colleague: User) -> None:
    assert console.post(f"{MEMBERS}colleague/ownership/").json()["role"] == "owner"
    assert console.post(f"{MEMBERS}owner/ownership/").status_code == 403
    assert roles(study)["colleague"] == ("owner", True)
