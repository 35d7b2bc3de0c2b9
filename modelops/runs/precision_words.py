"""In which precision a scoring was computed and why, in a sentence."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..predictors.base import LARGEST_DIFFERENCE, LEAST_SRCC


def sentences(computed_in: Mapping[str, Mapping[str, Any]] | None) -> dict[str, str]:
    """Of `ScoringRun.computed_in`, by precision."""
    found = sorted((computed_in or {}).items())
    return {name: _sentence(name, why) for name, why in found}


def _sentence(name: str, why: Mapping[str, Any]) -> str:
    check = why.get("check")
    if name == "fp8" or check:
        return _checked(name, check or {})
    if name == "float32" != why["asked"]:
        return _("Computed in float32: the worker’s device does not multiply in bfloat16 natively.")
    if why["asked"] == "fp8":
        return _unchecked(why.get("unsupported", ""))
    if why["asked"] == name:
        return _("Computed in %(precision)s, as MODEL_PRECISION says.") % {"precision": name}
    return _("Computed in bfloat16, which the worker’s device multiplies natively.")


def _checked(name: str, check: Mapping[str, Any]) -> str:
    values = {
        "images": check.get("images", 0),
        "srcc": f"{check.get('srcc', 0):.5f}",
        "least": LEAST_SRCC,
        "difference": f"{check.get('difference', 0):.4f}",
        "most": LARGEST_DIFFERENCE,
    }
    if name == "fp8":
        return (
            _(
                "Computed in float8: on %(images)d images of this site the order of scores agrees "
                "with bfloat16’s (SRCC %(srcc)s, at least %(least)s) and none differs by more than "
                "%(difference)s of the scale (at most %(most)s)."
            )
            % values
        )
    return (
        _(
            "Computed in bfloat16, not in float8: on %(images)d images of this site scores in "
            "float8 have an SRCC of %(srcc)s with bfloat16’s (at least %(least)s is needed) and "
            "differ by up to %(difference)s of the scale (at most %(most)s)."
        )
        % values
    )


def _unchecked(unsupported: str) -> str:
    if unsupported:
        return _("Computed in bfloat16, not in float8: %(why)s.") % {"why": unsupported}
    return _(
        "Computed in bfloat16, not yet in float8: it is compared with bfloat16 when 32 images that "
        "are new to a version with trained heads are scored at once."
    )
