"""A study's predictors, and which one leads."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.studies import audit
from workbench.accounts.models import User

from ..acquisition.ranking import apply_ranking, read_ranking
from ..acquisition.registry import DEFAULT_STRATEGY, STRATEGIES
from ..errors import PredictorError
from ..models import ModelVersion, Predictor
from ..predictors.backbones import NAME_PATTERN, backbone_named, offered_backbones
from ..predictors.base import DEFAULT_RECIPE
from ..registry.selectors import leading_predictor


def add_predictor(
    *,
    study: Study,
    actor: User | None,
    backbone: str,
    name: str = "",
    strategy: str = DEFAULT_STRATEGY,
    recipe: str = "",
) -> Predictor:
    """One more predictor, named as its backbone if no name is given; a study's first one leads.

    recipe: the name of one of the backbone's, empty for the default one. Raises BackboneError,
    RecipeError or UnknownEntryError naming what there is, PredictorError if the study has one of
    that name, or the name cannot be.
    """
    name = name or backbone
    if not re.fullmatch(NAME_PATTERN, name):
        raise PredictorError(
            _("“%(name)s” cannot name a predictor: use 1 to 40 letters, digits, “-” and “_”.")
            % {"name": name}
        )
    settings = backbone_named(backbone).recipe(recipe)
    with transaction.atomic():
        _lock(study)
        if study.predictors.filter(name=name).exists():
            raise PredictorError(
                _("This study already has a predictor %(name)s. Choose another name.")
                % {"name": name}
            )
        predictor = Predictor.objects.create(
            study=study,
            name=name,
            backbone=backbone,
            recipe=settings.to_json(),
            recipe_name=recipe or DEFAULT_RECIPE,
            strategy=STRATEGIES[strategy].name,
            leading=leading_predictor(study) is None,
        )
        audit.record(
            study=study, actor=actor, action="predictor.added", name=name, backbone=backbone
        )
    return predictor


def ensure_predictor(*, study: Study, actor: User | None) -> Predictor:
    """The leading predictor; in a study that has none, one with the site's first backbone."""
    predictor = leading_predictor(study)
    if predictor is not None:
        return predictor
    try:
        return add_predictor(study=study, actor=actor, backbone=next(iter(offered_backbones())))
    except PredictorError:  # another request was quicker
        return Predictor.objects.get(study=study, leading=True)


def lead(*, predictor: Predictor, actor: User | None) -> None:
    """Makes `predictor` the leading one: its active version, if there is one, sets the priorities
    at once."""
    with transaction.atomic():
        _lock(predictor.study)
        # In this order: the database allows only one at any time.
        Predictor.objects.filter(study=predictor.study_id, leading=True).update(leading=False)
        Predictor.objects.filter(pk=predictor.pk).update(leading=True)
        active = predictor.versions.filter(state=ModelVersion.State.ACTIVE).first()
        if active is not None:
            apply_ranking(active, read_ranking(active))
        audit.record(
            study=predictor.study, actor=actor, action="predictor.leads", name=predictor.name
        )
    predictor.refresh_from_db(fields=["leading"])


def _lock(study: Study) -> None:
    """Serializes changes to one study's predictors."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
