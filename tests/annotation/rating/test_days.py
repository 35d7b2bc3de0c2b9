"""The day of a daily limit is the rater's."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from annotation.models import Rater, RatingSession, Study
from annotation.raters.access import find_access
from annotation.rating.days import known_zone, midnight, zone_of
from annotation.rating.draws import judged_today
from annotation.rating.sessions import start_session
from tests.annotation.answering import answer
from tests.factories import make_session, make_stimuli


@pytest.mark.parametrize(
    "name", [None, 8, "", "Nowhere", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b", "x" * 999]
)
def test_what_is_no_zone_is_none(name: object) -> None:
    assert known_zone(name) is None


@pytest.mark.parametrize(
    ("zone", "began"),
    [
        ("UTC", datetime(2026, 3, 29, 0, tzinfo=UTC)),
        # 23:30 UTC is 07:30 of the next day in Shanghai, whose midnight was at 16:00 UTC.
        ("Asia/Shanghai", datetime(2026, 3, 29, 16, tzinfo=UTC)),
        # The day on which Berlin's clocks went forward began at UTC+1: at 22:00 UTC the next did.
        ("Europe/Berlin", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 3, 29, 7, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_the_midnight_of_the_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, began: datetime
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 29, 23, 30, tzinfo=UTC))
    assert midnight(ZoneInfo(zone)) == began


def test_the_first_session_says_where_the_rater_is(rater: Rater) -> None:
    assert zone_of(rater.pk) == ZoneInfo("UTC"), "the site's"
    make_session(rater, "done", client={"viewport": [1, 1]})
    make_session(rater, "done", client={"time_zone": "Asia/Shanghai"})
    make_session(rater, "done", client={"time_zone": "Pacific/Kiritimati"})
    assert zone_of(rater.pk) == ZoneInfo("Asia/Shanghai")


def test_images_of_yesterday_there_do_not_count_today(
    study: Study, rater: Rater, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 6, 10, 17, tzinfo=UTC)  # 01:00 of the 11th in Shanghai
    session = make_session(rater, client={"time_zone": "Asia/Shanghai"})
    for stimulus, hour in zip(make_stimuli(study, 3), (8, 15, 16), strict=True):
        answer(session, stimulus, 3, at=datetime(2026, 6, 10, hour, 30, tzinfo=UTC))
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert judged_today(rater.pk) == 1
    RatingSession.objects.update(client={})
    assert judged_today(rater.pk) == 3, "on a site in UTC it is still the 10th"


@pytest.mark.parametrize(
    ("client", "kept"),
    [
        ({"time_zone": "Asia/Shanghai"}, {"time_zone": "Asia/Shanghai"}),
        ({"time_zone": "Mars/Olympus", "dark": True}, {"dark": True}),
        ({"time_zone": 8}, {}),
        ({}, {}),
    ],
)
def test_only_a_zone_that_is_known_is_kept(
    study: Study, rater: Rater, client: dict[str, Any], kept: dict[str, Any]
) -> None:
    make_stimuli(study, 1)
    access = find_access(rater.code)
    assert access
    start_session(access=access, consent=True, client=client)
    assert RatingSession.objects.get().client == kept
