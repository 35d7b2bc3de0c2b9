"""Stored images open to holders of a signed address, and to nobody else."""

import os
import subprocess
import sys

import time_machine
from django.test import Client

from annotation.models import Study
from tests.factories import make_stimuli, png


def test_a_signed_address_opens_the_image(client: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    response = client.get(stimulus.image.url)
    assert response.getvalue() == png(0)
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_process_that_has_touched_no_file_yet_opens_it_too(study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    ask = (
        "import django; django.setup(); from django.test import Client;"
        f"print(Client().get({stimulus.image.url!r}, HTTP_HOST='localhost').status_code)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "workbench.settings"}
    answer = subprocess.run(
        [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "200"


def test_an_address_without_its_signature_opens_nothing(client: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    assert client.get(stimulus.image.url.split("?")[0]).status_code == 404


def test_one_images_signature_does_not_open_another(client: Client, study: Study) -> None:
    first, second = make_stimuli(study, 2)
    signature = first.image.url.split("?")[1]
    assert client.get(f"{second.image.url.split('?')[0]}?{signature}").status_code == 404


def test_a_signature_ends_within_two_hours(client: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    with time_machine.travel("2026-01-01 00:00:00Z", tick=False):
        address = stimulus.image.url
    with time_machine.travel("2026-01-01 01:30:00Z", tick=False):
        assert client.get(address).status_code == 200
    with time_machine.travel("2026-01-01 02:01:00Z", tick=False):
        assert client.get(address).status_code == 404


def test_a_path_outside_the_media_folder_opens_nothing(client: Client, study: Study) -> None:
    assert client.get("/media/../../../etc/passwd").status_code == 404
