"""Made-up records as the export has them."""

from typing import Any

from annotation.opinion.export.formats import Header, Record

SCALE = {"kind": "acr5", "minimum": 1, "maximum": 5, "levels": 5, "direction": "higher"}
HEADER = Header(perspectives=("quality", "warmth"))


def opinion(mos: float | None = None, n: int = 0) -> Record:
    unknown = dict.fromkeys(("sd", "standard_error", "low", "high"))
    return {
        "mos": mos,
        "score": mos,
        **unknown,
        "n": n,
        "counts": None,
        "method": "mos",
        "version": "1",
        "minimum": 1.0,
        "maximum": 5.0,
        "scale": SCALE,
    }


def trial(**fields: Any) -> Record:
    return {
        "trial": 7,
        "rater": "r-1",
        "excluded": False,
        "weight": 1.0,
        "session": 2,
        "protocol": 1,
        "position": 0,
        "block": None,
        "role": "main",
        "draw": "priority",
        "leased_at": "2026-01-01T00:00:00+00:00",
        "displayed_at": None,
        "submitted_at": "2026-01-01T00:00:09+00:00",
        "behaviour": {"shown_ms": 900},
        "scores": {"quality": 4.0},
        "revisions": {"quality": 1},
        "counts": {"quality": True},
        "superseded": [],
        "explanation_asked": {"quality": False},
        "explanations": {},
        **fields,
    }


def record(number: int, **fields: Any) -> Record:
    return {
        "stimulus": number,
        "filename": f"{number:04}.png",
        "prompt": "ein Fuchs, 一只狐狸",
        "generator": "g",
        "split": "pool",
        "purpose": "main",
        "attention_check": False,
        "state": "in_use",
        "sha256": None,
        "width": None,
        "height": None,
        "metadata": {"style": "ink"},
        "mos": {name: opinion() for name in HEADER.perspectives},
        "published": [],
        "trials": [],
        **fields,
    }
