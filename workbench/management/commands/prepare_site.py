"""`manage.py prepare_site`: what a start needs first, the tables and somebody who can sign in."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from ...accounts.first import first_link


class Command(BaseCommand):
    help = (
        "Bring the database up to date; while nobody can sign in, make the first administrator's "
        "account and print the link by which its password is chosen."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, stdout=self.stdout)
        first = first_link()
        if first is not None:
            account, link = first
            self.stdout.write(
                f"Nobody can sign in yet. Within three days, choose the password of the account "
                f'"{account.username}" here: {link}'
            )
