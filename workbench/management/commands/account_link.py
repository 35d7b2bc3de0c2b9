"""`manage.py account_link`: a link by which somebody chooses a password."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ...accounts.links import make_link, site_address
from ...accounts.services import existing
from ...core.errors import MintError


class Command(BaseCommand):
    help = "Print a link by which the owner of an account chooses a new password; it works once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = existing(options["username"])
        except MintError as error:
            raise CommandError(error.message) from error
        if not account.is_active:
            raise CommandError(f'The account "{account.username}" is deactivated.')
        self.stdout.write(site_address() + make_link(account, actor=None))
