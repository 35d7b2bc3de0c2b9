"""`manage.py deactivate_account`: for somebody who has left."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...accounts.services import deactivate_account
from ...core.errors import MintError


class Command(BaseCommand):
    help = (
        "End an account's sign-in, sessions and API tokens. Its studies stay; "
        "`make_account --reactivate` opens it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = deactivate_account(options["username"])
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{account.username} can no longer sign in; API tokens have ended.")
