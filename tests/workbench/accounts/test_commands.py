"""Accounts from the command line: made without a password in sight, closed at once."""

import io
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from workbench.accounts.models import ApiToken, User
from workbench.accounts.tokens import make_token

PASSWORD = "plum-otter-91-lantern"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_counted_yet(db: None) -> None:
    cache.clear()


def make(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = PASSWORD) -> str:
    """What the command says, given a password on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
    out = io.StringIO()
    call_command("make_account", *arguments, stdout=out)
    return out.getvalue()


def can_sign_in(username: str, password: str = PASSWORD) -> bool:
    answer = Client().post("/accounts/login/", {"login": username, "password": password})
    return answer.status_code == 302


def api_status(token: str) -> int:
    answer = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=f"Token {token}")
    return answer.status_code


def test_an_account_signs_in_and_sees_its_own_studies_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = make(monkeypatch, "lin", "--email", "lin@example.org")
    assert said == "lin has an account and can sign in.\n"
    assert can_sign_in("lin")
    account = User.objects.get()
    assert (account.email, account.is_staff) == ("lin@example.org", False)
    assert not account.is_superuser
    assert PASSWORD not in said


def test_an_administrator_sees_every_study(monkeypatch: pytest.MonkeyPatch) -> None:
    said = make(monkeypatch, "lin", "--administrator")
    assert said == "lin has an administrator's account and can sign in.\n"
    assert User.objects.get().is_staff


def test_the_password_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\r\nsecond line\n")
    make(monkeypatch, "lin", "--password-file", str(file), typed="not this one 1")
    assert can_sign_in("lin")
    with pytest.raises(CommandError, match=r"cannot read .*nowhere"):
        make(monkeypatch, "wei", "--password-file", str(tmp_path / "nowhere"))


@pytest.mark.parametrize(("second", "made"), [(PASSWORD, True), ("another one 12", False)])
def test_at_a_terminal_it_is_asked_for_twice(
    second: str, made: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter([PASSWORD, second])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(
        "workbench.management.commands.make_account.getpass", lambda prompt: next(typed)
    )
    if made:
        call_command("make_account", "lin", stdout=io.StringIO())
    else:
        with pytest.raises(CommandError, match="differ"):
            call_command("make_account", "lin")
    assert User.objects.filter(username="lin").exists() == made


@pytest.mark.parametrize(
    ("username", "password", "told"),
    [
        ("lin", "short", "too short"),
        ("lin", "", "too short"),
        ("lin", "password", "too common"),
        ("linguini77", "linguini77", "too similar to the username"),
        ("two words", PASSWORD, "valid username"),
        ("", PASSWORD, "blank"),
        ("OWNER", PASSWORD, 'already an account "owner"'),
    ],
)
def test_what_is_refused_says_why(
    username: str, password: str, told: str, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=told):
        make(monkeypatch, username, typed=password)
    assert User.objects.count() == 1


def test_the_password_is_no_argument() -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("make_account", "lin", "--password", PASSWORD)


def test_a_deactivated_account_ends_everywhere_at_once(
    owner: User, outsider: User, client: Client
) -> None:
    client.force_login(owner)
    _row, token = make_token(owner, name="script", scopes=["read"])
    _row, others = make_token(outsider, name="script", scopes=["read"])
    assert client.get("/studies/").status_code == 200
    call_command("deactivate_account", "owner", stdout=io.StringIO())
    assert client.get("/studies/").status_code == 302
    assert ApiToken.objects.filter(user=owner).count() == 0
    assert api_status(token) == 401
    assert api_status(others) == 200
    assert not can_sign_in("owner", "correct horse")


def test_an_account_that_comes_back_has_a_new_password_and_no_old_session(
    owner: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(owner)
    call_command("deactivate_account", "owner", stdout=io.StringIO())
    make(monkeypatch, "owner", "--reactivate")
    assert client.get("/studies/").status_code == 302
    assert can_sign_in("owner")
    assert not can_sign_in("owner", "correct horse")
    with pytest.raises(CommandError, match="is active"):
        make(monkeypatch, "owner", "--reactivate")


@pytest.mark.parametrize(
    "command", [["deactivate_account", "nobody"], ["make_account", "nobody", "--reactivate"]]
)
def test_a_name_that_nobody_has_is_told(
    command: list[str], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
    with pytest.raises(CommandError, match='no account "nobody"'):
        call_command(*command)
