"""What anyone computes from exported tables: the means of scores that count, and the MOS."""

import csv
import io
from collections import defaultdict

#: By filename and perspective.
Numbers = dict[tuple[str, str], float]


def means_and_mos(scores: str, images: str) -> tuple[Numbers, Numbers]:
    """The means of the scores that count, each times its weight, and the exported MOS; of the
    tables of scores and of images, raw CSV."""
    counting: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(scores)):
        if row["counts"] == "true":
            key = (row["filename"], row["perspective"])
            counting[key].append((float(row["score"]), float(row["weight"])))
    mos: Numbers = {
        (row["filename"], name.removeprefix("mos_")): float(row[name])
        for row in csv.DictReader(io.StringIO(images))
        for name in row
        if name.startswith("mos_") and row[name]
    }
    means = {
        key: sum(score * weight for score, weight in rows) / sum(weight for _score, weight in rows)
        for key, rows in counting.items()
    }
    return means, mos
