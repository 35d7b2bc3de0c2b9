"""What the console's templates share."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import override_settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from workbench.settings import BASE_DIR
from workbench.templatetags.console import ago, icon, sentence_case
from workbench.templatetags.numbers import shown_number

TEMPLATES = [
    path
    for package in ("annotation", "modelops", "workbench")
    for path in (BASE_DIR / package).rglob("*.html")
]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("form", ["DATETIME_FORMAT", "SHORT_DATETIME_FORMAT"])
def test_a_time_is_written_in_one_way_with_its_zone(language: str, form: str) -> None:
    with override(language):
        assert date_format(datetime(2026, 11, 8, 9, 5, tzinfo=UTC), form) == "2026-11-08 09:05 UTC"
        assert date_format(datetime(2026, 11, 8, 9, 5, tzinfo=UTC), "DATE_FORMAT") == "2026-11-08"


def test_templates_write_times_by_these_formats_alone() -> None:
    forms = {
        (path.name, form)
        for path in TEMPLATES
        for form in re.findall(r"\|(?:date|time)(?!time)(:\S+?)?[ }|]", path.read_text())
    }
    known = {
        f':"{name}FORMAT"' for name in ("DATE_", "DATETIME_", "SHORT_DATE_", "SHORT_DATETIME_")
    }
    assert {item for item in forms if item[1] not in known} == set()


def test_how_long_ago_tells_the_moment_too() -> None:
    moment = timezone.now() - timedelta(hours=3)
    text = ago(moment)
    assert "3\xa0hours ago</time>" in text
    assert f'title="{moment:%Y-%m-%d %H:%M} UTC"' in text
    assert ago(None) == "–"


def test_every_icon_that_a_page_uses_is_drawn() -> None:
    drawn = set(
        re.findall(r'id="(\w+)"', (BASE_DIR / "workbench/static/img/icons.svg").read_text())
    )
    used = {
        name for path in TEMPLATES for name in re.findall(r'{% icon "(\w+)" %}', path.read_text())
    }
    assert used - drawn == set()
    assert drawn - used == set(), "nobody looks at them"


def test_an_icon_is_silent() -> None:
    with override_settings(
        STORAGES={
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        }
    ):
        assert 'aria-hidden="true"' in icon("images")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("Change Password", "Change password"),
        ("Two-Factor Authentication", "Two-factor authentication"),
        ("Scan the QR Code", "Scan the QR code"),
        ("New Password (again)", "New password (again)"),
        ("更改密码", "更改密码"),
    ],
)
def test_headings_of_packages_are_written_as_ours(given: str, written: str) -> None:
    assert sentence_case(given) == written


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (-0.416, '"2"', "−0.42"),
        (-0.001, '"2"', "0.00"),
        (0.416, '"2"', "0.42"),
        (-1234.5, '"1g"', "−1,234.5"),
        # A program reads this one.
        (-0.416, '"2u"', "-0.42"),
        ("three-fold", '"2"', ""),
    ],
)
def test_every_number_of_a_page_has_a_minus_sign(value: object, form: str, shown: str) -> None:
    page = Template("{{ value|floatformat:" + form + " }}")
    assert page.render(Context({"value": value})) == shown


def test_numbers_in_sentences_are_written_like_those_in_tables() -> None:
    assert shown_number(-0.416, 2) == "−0.42"
    assert shown_number(-0.001, 2) == "0.00"
    assert shown_number(12345.678, 1) == "12,345.7"
    with override("zh-hans"):
        assert shown_number(-2.5, 2) == "−2.50"
