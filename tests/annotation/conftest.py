"""A browser in which the study's owner is signed in."""

import pytest
from django.test import Client

from workbench.accounts.models import User


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client
