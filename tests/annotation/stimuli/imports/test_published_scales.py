"""Published scores on their source's scale and in its direction, and the labels made of them."""

import csv
from itertools import islice
from pathlib import Path

import pytest

from annotation.models import OpinionRelease, Study
from annotation.opinion.labels import labels_of
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from annotation.stimuli.mapping.document import TableMapping
from tests.annotation.stimuli.files import row, scored, write_manifest
from tests.shared_data import require_shared

pytestmark = pytest.mark.django_db


# Scale and direction are those of the database in pyiqa's `default_dataset_configs.yml`, the label
# is what its `mos_normalize` makes of it: (score - min) / (max - min), 1 less that if lower is
# better. Worked out by hand.
@pytest.mark.parametrize(
    ("mapping", "mos", "label"),
    [
        pytest.param(scored(1, 5), "4.57", 0.8925, id="KADID-10k"),
        pytest.param(scored(0, 1, "lower"), "0.25", 0.75, id="CSIQ"),
        pytest.param(
            scored(1, 100, "lower", "dmos"),
            "34",
            2 / 3,
            id="LIVE",
        ),
    ],
)
def test_a_label_follows_the_scale_and_direction_that_were_published(
    study: Study, folder: Path, mapping: TableMapping, mos: str, label: float
) -> None:
    manifest = write_manifest(folder / "m.csv", [row(0, mos_quality=mos, sd_quality="0.5")])
    options, published = ImportOptions(mapping=mapping), mapping.sources[0]
    import_manifest(study=study, manifest=manifest, options=options)
    release = OpinionRelease.objects.get(source="manifest")
    assert (release.minimum, release.maximum) == (published.minimum, published.maximum)
    assert (release.direction, release.score_kind) == (published.direction, published.score_kind)
    assert release.scores.get().value == float(mos)
    (found,) = labels_of(study)
    assert found.mos == pytest.approx(label, abs=1e-12)
    assert found.sd == pytest.approx(0.5 / published.scale.range, abs=1e-12)
    again = import_manifest(study=study, manifest=manifest, options=options)
    assert (again.updated, again.unchanged) == (0, 1)


def test_scores_in_another_direction_are_turned_round(study: Study, folder: Path) -> None:
    """Those of a later manifest, into the release that the first one began."""
    first = write_manifest(folder / "m.csv", [row(0, mos_quality="1.5")])
    import_manifest(study=study, manifest=first, options=ImportOptions(mapping=scored(1, 5)))
    later = write_manifest(folder / "m.csv", [row(1, mos_quality="20")])
    lower = ImportOptions(mapping=scored(0, 100, "lower"))
    import_manifest(study=study, manifest=later, options=lower)
    release = OpinionRelease.objects.get(source="manifest")
    assert list(release.scores.order_by("stimulus").values_list("value", flat=True)) == [1.5, 4.2]
    assert [label.mos for label in labels_of(study)] == pytest.approx([0.125, 0.8])


def test_agiqa_3k_lands_on_its_scale(study: Study, folder: Path) -> None:
    """Its first images, under the names that a manifest asks for: scores run from 0 to 5."""
    with (require_shared("data/agiqa3k") / "data.csv").open(encoding="utf-8") as file:
        published = list(islice(csv.DictReader(file), 4))
    rows = [
        row(number, mos_quality=item["mos_quality"], sd_quality=item["std_quality"])
        for number, item in enumerate(published)
    ]
    manifest = write_manifest(folder / "m.csv", rows)
    import_manifest(study=study, manifest=manifest, options=ImportOptions(mapping=scored(0, 5)))
    labels = labels_of(study)
    assert [item.mos for item in labels] == [float(it["mos_quality"]) / 5 for it in published]
    assert [item.sd for item in labels] == [float(it["std_quality"]) / 5 for it in published]
    assert labels[0].mos == pytest.approx(0.1931205106)
