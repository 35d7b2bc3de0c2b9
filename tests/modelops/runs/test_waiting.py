"""What commands say while they wait, and of what a model cannot read."""

from io import StringIO

import pytest
from django.core.management.base import OutputWrapper

from annotation.models import Study
from modelops.models import PromptReading
from modelops.runs.waiting import report_unread, report_unreadable

pytestmark = pytest.mark.django_db


def test_prompts_that_a_backbone_cuts_are_told(study: Study) -> None:
    said = StringIO()
    report_unread(study, "tiny", OutputWrapper(said))
    assert said.getvalue() == ""
    reading = {"backbone": "tiny", "limit": 35, "prompts": 4, "unreadable": 0, "unknown": 0}
    PromptReading.objects.create(study=study, cut=3, alike=0, **reading)
    report_unread(study, "tiny", OutputWrapper(said))
    assert said.getvalue().startswith("Long prompts: tiny reads the first 35 word pieces")
    assert "3 of 4 prompts are longer" in said.getvalue()


def test_images_that_could_not_be_read_are_counted() -> None:
    said = StringIO()
    report_unreadable([], "retrain", OutputWrapper(said))
    assert said.getvalue() == ""
    report_unreadable([{"error": "a.png is damaged"}], "retrain", OutputWrapper(said))
    assert "a.png is damaged" in said.getvalue()
    assert "1 images could not be read" in said.getvalue()
