"""What an account may take with it: all that is known about the person, and no secret."""

from django.test import Client

from annotation.models import AuditEntry, Study
from annotation.models.membership import MemberRole
from annotation.studies.audit import record
from annotation.studies.members import add_member
from tests.factories import make_user
from workbench.accounts.models import User
from workbench.accounts.tokens import make_token


def test_the_file_has_what_is_known_about_the_person_and_nobody_else(
    client: Client, study: Study, owner: User
) -> None:
    lin = make_user("lin", email="lin@example.org")
    add_member(study=study, actor=owner, account="lin", role=MemberRole.MANAGER, sees_names=True)
    _token, secret = make_token(lin, name="notebook", scopes=["read"])
    record(study=study, actor=owner, action="study.paused")
    client.force_login(lin)
    answer = client.post("/accounts/own-data/")
    assert answer["Content-Disposition"] == f'attachment; filename="{lin.pk}-account.json"'
    found = answer.json()
    assert (found["account"]["name"], found["account"]["email"]) == ("lin", "lin@example.org")
    assert [(item["study"], item["role"]) for item in found["studies"]] == [("demo", "manager")]
    assert [item["name"] for item in found["api_tokens"]] == ["notebook"]
    assert [(item["by_you"], item["words"]) for item in found["activity"]] == [
        (True, "Created the API token “notebook”: Read studies, scores and models; studies (–: "
               "all): –"),
        (False, "Added lin as a member: Manager, with names"),
    ]  # fmt: skip
    text = answer.content.decode()
    assert secret not in text
    assert lin.password not in text


def test_taking_it_is_in_the_audit_trail(client: Client, owner: User) -> None:
    client.force_login(owner)
    client.post("/accounts/own-data/")
    assert AuditEntry.objects.get().action == "account.data_taken"
