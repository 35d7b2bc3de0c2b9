"""The backbones that this site offers to its studies: MODEL_BACKBONES, and what is bundled."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from ..errors import BackboneError, RecipeError
from ..learning.recipe import Recipe
from .base import DEFAULT_RECIPE, Embedder, PredictorKind, PublishedKind, recipes_of
from .devices import device, precision
from .registry import PREDICTORS

#: For names of backbones and of predictors, which are part of addresses and tables.
NAME_PATTERN = r"[A-Za-z0-9_-]{1,40}"


@dataclass(frozen=True)
class Backbone:
    """A backbone under the name that studies choose it by.

    weights: a folder, what the kind reads as a name on a hub, or empty for the kind's own.
    """

    name: str
    kind: PredictorKind
    weights: str = ""

    def recipe(self, name: str) -> Recipe:
        """The recipe of that name; empty: the default one. Raises RecipeError naming those that
        there are."""
        known = recipes_of(self.kind)
        if name and name not in known:
            raise RecipeError(
                _("%(backbone)s has no recipe “%(name)s”, only %(known)s.")
                % {"backbone": self.name, "name": name, "known": ", ".join(known)}
            )
        return known[name or DEFAULT_RECIPE]

    @property
    def source(self) -> str:
        """Where others find the same weights; empty if that is not known."""
        return self.kind.source(self.weights) if isinstance(self.kind, PublishedKind) else ""

    def load(self) -> Embedder:
        """The backbone as trainings start from it. Raises a MintError naming the folder."""
        return self.kind.start(self.weights, device=device(), precision=precision())


def offered_backbones() -> dict[str, Backbone]:
    """By name; the one that a study has if it does not choose comes first.

    Raises BackboneError naming an entry of MODEL_BACKBONES that cannot be read.
    """
    named = [_parse(entry) for entry in settings.MODEL_BACKBONES]
    bundled = [Backbone(kind.name, kind) for kind in PREDICTORS.values() if kind.bundled]
    found: dict[str, Backbone] = {}
    for backbone in [*named, *bundled]:
        found.setdefault(backbone.name, backbone)
    return found


def backbone_named(name: str) -> Backbone:
    """Raises BackboneError naming the existing ones."""
    offered = offered_backbones()
    if name not in offered:
        raise BackboneError(
            _(
                "This site offers no backbone %(name)s, only %(offered)s. Administrators of the "
                "site add others (the setting MODEL_BACKBONES)."
            )
            % {"name": name, "offered": ", ".join(offered)}
        )
    return offered[name]


def _parse(entry: str) -> Backbone:
    """`NAME=KIND:FOLDER`, `NAME=KIND`, `KIND:FOLDER` or `KIND`, whose name is the kind's then."""
    name, equals, rest = entry.partition("=")
    kind, _colon, weights = (rest if equals else entry).partition(":")
    name = name if equals else kind
    if not re.fullmatch(NAME_PATTERN, name) or kind not in PREDICTORS:
        raise BackboneError(
            _(
                "MODEL_BACKBONES: %(entry)s is not NAME=KIND or NAME=KIND:FOLDER with a kind "
                "among %(kinds)s."
            )
            % {"entry": entry, "kinds": ", ".join(PREDICTORS)}
        )
    if not weights and isinstance(PREDICTORS[kind], PublishedKind):
        raise BackboneError(
            _(
                "MODEL_BACKBONES: %(entry)s names no weights; write NAME=%(kind)s:FOLDER or "
                "NAME=%(kind)s:OWNER/NAME@COMMIT."
            )
            % {"entry": entry, "kind": kind}
        )
    return Backbone(name, PREDICTORS[kind], weights)
