"""`manage.py make_account`: an account for somebody who runs studies."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...accounts.services import make_account
from ...core.errors import MintError


class Command(BaseCommand):
    help = (
        "Make an account for somebody who runs studies. The password is asked for twice, or read "
        "from standard input or a file; never from the command line, which others can see."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.allow_abbrev = False  # --password would be taken for --password-file
        parser.add_argument("username", help="what they sign in with")
        parser.add_argument("--email", default="", help="for a password that was forgotten")
        parser.add_argument("--administrator", action="store_true", help="sees every study")
        parser.add_argument(
            "--password-file", type=Path, help="a text file whose first line is the password"
        )
        parser.add_argument(
            "--reactivate", action="store_true", help="open an account that was deactivated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = make_account(
                options["username"],
                _password(options["password_file"]),
                email=options["email"],
                administrator=options["administrator"],
                reactivate=options["reactivate"],
            )
        except MintError as error:
            raise CommandError(error.message) from error
        kind = "an administrator's account" if account.is_staff else "an account"
        self.stdout.write(f"{account.username} has {kind} and can sign in.")


def _password(file: Path | None) -> str:
    if file is not None:
        return _first_line(file)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Password again: ") != password:
        raise CommandError("the two passwords differ; nothing was made")
    return password


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read {file} ({error}); name a text file") from error
    return lines[0] if lines else ""
