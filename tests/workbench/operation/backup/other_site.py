"""Another site on the same private server: an empty database, and folders of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection

from workbench.core.environment import with_values
from workbench.settings import BASE_DIR

#: What the other site does, in a process of its own: its arguments are those of `restore`, then
#: an address that somebody opens there.
_PROGRAM = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.test import Client
*arguments, address = sys.argv[1:]
call_command("restore", *arguments)
answer = Client(HTTP_HOST="localhost").get(address)
print(json.dumps({"status": answer.status_code, "page": answer.content.decode()}))
"""


@dataclass(frozen=True)
class OtherSite:
    """Its environment, and its database for SQL of the test's own."""

    database_url: str
    data: Path

    def restore(self, *arguments: str, then: str) -> Any:
        """Restores and opens `then`; its status and page."""
        environment = with_values(
            {
                "DATABASE_URL": self.database_url,
                "MINT_DATA_DIR": str(self.data),
                "SECRET_KEY": settings.SECRET_KEY,
                "DJANGO_SETTINGS_MODULE": "workbench.settings",
            }
        )
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *arguments, then],
            env=environment,
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def ask(self, query: str) -> list[Any]:
        return ask(self.database_url, query)


def ask(database_url: str, query: str) -> list[Any]:
    with psycopg.connect(database_url) as database:
        return database.execute(query).fetchall()


def own_url() -> str:
    """Of the database that this test uses."""
    address = urlsplit(os.environ["DATABASE_URL"])
    return address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def other_site(folder: Path) -> Iterator[OtherSite]:
    name = f"{connection.settings_dict['NAME']}_other"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as maintenance:
        maintenance.execute(f"CREATE DATABASE {name}")
        try:
            yield OtherSite(urlsplit(server)._replace(path=f"/{name}").geturl(), folder)
        finally:
            maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")
