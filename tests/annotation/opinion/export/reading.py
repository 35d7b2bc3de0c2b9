"""What anyone computes from an exported CSV: the means of rows that count, and the MOS there."""

import csv
import io
from collections import defaultdict

#: By filename and perspective.
Numbers = dict[tuple[str, str], float]


def means_and_mos(text: str) -> tuple[Numbers, Numbers]:
    """The means of the scores that count, each times its weight, and the exported MOS."""
    counting: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    mos: Numbers = {}
    for row in csv.DictReader(io.StringIO(text)):
        key = (row["filename"], row["perspective"])
        if row["mos"]:
            mos[key] = float(row["mos"])
        if row["counts"] == "True":
            counting[key].append((float(row["score"]), float(row["weight"])))
    means = {
        key: sum(score * weight for score, weight in rows) / sum(weight for _score, weight in rows)
        for key, rows in counting.items()
    }
    return means, mos
