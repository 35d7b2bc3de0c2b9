"""Small cases that went wrong once, each with its right value."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from annotation.models import Stimulus, Study
from annotation.opinion.labels import labels_of
from tests.annotation.stimuli.files import picture
from tests.modelops.labelling import rate
from tests.shared_data import require_shared

pytestmark = pytest.mark.django_db


def _import(study: Study, manifest: Path, images: Path, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(
        "import_stimuli",
        study.slug,
        str(manifest),
        images=images,
        stdout=out,
        stderr=err,
        **options,
    )
    return out.getvalue(), err.getvalue()


def test_published_and_own_scores_of_1_to_5_are_on_one_scale(study: Study) -> None:
    """1 of 1…5 is 0 on 0…1, whoever gave it; 5 is 1."""
    folder = require_shared("cases/06-mos-1-to-5")
    _import(study, folder / "manifest.csv", folder / "images.zip", mos_minimum=1, mos_scale=5)
    stimulus = Stimulus.objects.get(filename="a0.png")

    rate(stimulus, study.raters.create(), (1, 1, 1))

    labels = [item for item in labels_of(study) if item.perspective == "quality"]
    assert [item.mos for item in labels if item.stimulus == stimulus.pk] == [0.0, 0.0]
    others = [item.mos for item in labels if item.stimulus != stimulus.pk]
    assert others == [0.25, 0.5, 0.75, 1.0]


def test_scores_below_the_minimum_are_refused_with_the_scale(study: Study) -> None:
    folder = require_shared("cases/06-mos-1-to-5")

    _out, err = _import(
        study,
        folder / "manifest.csv",
        folder / "images.zip",
        mos_minimum=2,
        mos_scale=5,
        partial=True,
    )

    assert "row 1 (line 2): mos_quality 1 is outside 2…5" in err
    assert Stimulus.objects.count() == 4


def test_a_number_that_nothing_holds_costs_its_row_alone(study: Study) -> None:
    folder = require_shared("cases/08-json-number")

    out, err = _import(study, folder / "manifest.jsonl", folder / "images.zip", partial=True)

    assert "row 2 (line 2): " in err
    assert "1 imported" in out
    stimulus = Stimulus.objects.get()
    assert (stimulus.filename, stimulus.metadata) == ("good.png", {"cfg": 7.5})


@pytest.mark.parametrize(
    "number", ["1e400", "-1e999", "NaN", "Infinity", "[1e400]", '{"a": -Infinity}']
)
def test_any_such_number_is_its_row_s_error(study: Study, tmp_path: Path, number: str) -> None:
    line = '{{"filename": "{}.png", "prompt": "a", "generator": "G", "cfg": {}}}\n'
    (tmp_path / "m.jsonl").write_text(line.format(0, 7.5) + line.format(1, number))
    for place in range(2):
        (tmp_path / f"{place}.png").write_bytes(picture(place))

    _out, err = _import(study, tmp_path / "m.jsonl", tmp_path, partial=True)

    assert err.count("row 2 (line 2): ") == 1
    assert Stimulus.objects.get().metadata == {"cfg": 7.5}
