"""The tables of sittings and raters: what is in them, and that nobody's name is."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas
import pyarrow.parquet
import pytest

from annotation.models import Participant, Rater, RaterIdentity, RatingSession, Study
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.people import SESSIONS, viewing
from annotation.opinion.export.records import exported
from annotation.opinion.releases import make_release
from annotation.protocol.plates import PLATES
from annotation.raters.services import set_rater_status
from tests.annotation.opinion.export.rated import rate
from tests.factories import make_rater, make_session, make_stimuli
from workbench.accounts.models import User

CLIENT: dict[str, Any] = {
    "viewport": [1366, 768],
    "screen": [1920, 1080],
    "pixel_ratio": 1.25,
    "zoom": 1,
    "colour_depth": 24,
    "colour_gamut": "srgb",
    "browser": "Samsung Internet",
    "orientation": "landscape",
    "pointer": "fine",
    "dark": False,
    "language": "de-CH",
    "time_zone": "Europe/Zurich",
    "checks": {
        "acuity": "corrected",
        "pixels_per_mm": 3.78,
        "greys": [4, 5],
        "plates": [plate.digit for plate in PLATES],
    },
}
BEGUN = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


def rows_of(study: Study, name: str, release: Any = None) -> list[dict[str, str]]:
    data = b"".join(exported(study, FORMATS[name], release, raw=True))
    return list(csv.DictReader(io.StringIO(data.decode())))


@pytest.fixture
def panel(study: Study, owner: User) -> list[Rater]:
    """Three raters of two images; the last is a named person from a platform, and excluded."""
    stimuli = make_stimuli(study, 2)
    raters = [make_rater(study, code=code) for code in ("one", "two", "three")]
    for place, rater in enumerate(raters):
        make_session(rater, begun_at=BEGUN, client=CLIENT, seed=7)
        for position, stimulus in enumerate(stimuli):
            score = min(5, 1 + place + position)
            trial = rate(rater, stimulus, {"quality": score}, position)
            trial.submitted_at = BEGUN + timedelta(minutes=1 + position)
            trial.save()
    RaterIdentity.objects.create(rater=raters[2], name="Ada Lovelace", email="ada@example.org")
    Participant.objects.create(rater=raters[2], study=study, identifier="PROLIFIC-9")
    set_rater_status(rater=raters[2], actor=owner, status="excluded", reason="saw them before")
    return raters


@pytest.mark.django_db
def test_a_sitting_says_how_its_images_were_seen(study: Study, panel: list[Rater]) -> None:
    first = rows_of(study, "sessions")[0]
    assert list(first) == [column.name for column in SESSIONS]
    expected = {
        "rater": "one",
        "state": "rating",
        "protocol": "1",
        "seed": "7",
        "begun_at_utc": "2026-01-01T09:00:00+00:00",
        "last_answer_at_utc": "2026-01-01T09:02:00+00:00",
        "ended_at_utc": "",
        "minutes": "2.0",
        "answered": "2",
        "viewport_width": "1366.0",
        "screen_height": "1080.0",
        "pixel_ratio": "1.25",
        "browser": "Samsung Internet",
        "dark": "false",
        "greys_dark": "4.0",
        "plates_read": str(len(PLATES)),
        "acuity": "corrected",
        "stopped_by": "[]",
    }
    assert {name: first[name] for name in expected} == expected


@pytest.mark.django_db
def test_nothing_says_who_or_where_a_rater_is(study: Study, panel: list[Rater]) -> None:
    for name in FORMATS:
        text = b"".join(exported(study, FORMATS[name], raw=True)).decode("utf-8", "replace")
        for secret in ("Ada", "ada@example.org", "PROLIFIC-9", "Zurich", "de-CH"):
            assert secret not in text, name


@pytest.mark.django_db
def test_a_rater_has_an_exclusion_with_its_reason_and_what_the_method_says(
    study: Study, panel: list[Rater], owner: User
) -> None:
    one, _two, three = rows_of(study, "raters")
    assert (one["rater"], one["excluded"], one["exclusion_reason"]) == ("one", "false", "")
    assert (three["excluded"], three["exclusion_reason"]) == ("true", "saw them before")
    assert three["excluded_at_utc"].endswith("+00:00")
    names = ("sessions", "minutes", "answered", "ratings", "weight")
    assert [one[name] for name in names] == ["1", "2.0", "2", "2", "1.0"]
    assert three["ratings"] == "0"
    # The plain mean says nothing of raters; of scores 1, 2 and 2, 3 the biases are −½ and ½.
    assert one["bias_quality"] == ""
    release = make_release(study, name="kept", method="bias_removed")
    one, two, three = rows_of(study, "raters", release)
    assert (float(one["bias_quality"]), float(two["bias_quality"])) == (-0.5, 0.5)
    assert three["bias_quality"] == ""
    study.opinion_method = "bias_removed"
    study.save()
    assert [row["bias_quality"] for row in rows_of(study, "raters")] == ["-0.5", "0.5", ""]


@pytest.mark.django_db
def test_who_never_sat_has_no_row(study: Study) -> None:
    make_rater(study)
    assert rows_of(study, "raters") == rows_of(study, "sessions") == []
    assert not RatingSession.objects.exists()


@pytest.mark.parametrize(
    "client",
    [
        {},
        {"checks": "none", "viewport": [1], "screen": [True, "1080"], "browser": ["Edge"]},
        {"browser": "I am Ada Lovelace, of London, and like my name", "pixel_ratio": 1e9},
        {"acuity": "=1+1", "checks": {"plates": [1], "greys": 3}, "dark": "yes", "zoom": -1},
    ],
)
def test_what_a_browser_makes_up_is_left_out(client: dict[str, Any]) -> None:
    found = viewing(client)
    assert set(found.values()) == {None}
    assert set(found) < {column.name for column in SESSIONS}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["sessions", "raters"])
def test_parquet_has_the_same_rows_with_types(study: Study, panel: list[Rater], name: str) -> None:
    release = make_release(study, name="one", method="mos")
    data = b"".join(exported(study, FORMATS[f"{name}parquet"], release, raw=True))
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    written = pandas.read_csv(
        io.BytesIO(b"".join(exported(study, FORMATS[name], release, raw=True))),
        parse_dates=[column for column in table.column_names if column.endswith("_at_utc")],
    )
    pandas.testing.assert_frame_equal(table.to_pandas(), written, check_dtype=False)
    assert len(written) == 3
    assert b"description" in table.schema.field("minutes").metadata
    assert json.loads(table.schema.metadata[b"mint-study"])["study"] == study.slug
