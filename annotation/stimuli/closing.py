"""The pool is closed to raters, and opened again: a model may rate what is left of it.

A claim takes images with fewer ratings than are wanted. Of a closed pool no more are wanted than
are given or under way; the hold-out is asked for as before. To be called in a transaction.
"""

from django.db.models import F, QuerySet

from ..models import Stimulus, Study


def close_pool(study: Study) -> bool:
    """False if it was closed before."""
    if not Study.objects.filter(pk=study.pk, pool_closed=False).update(pool_closed=True):
        return False
    study.pool_closed = True
    _pool(study).update(wanted_ratings=F("claimed_ratings"))
    return True


def open_pool(study: Study) -> bool:
    """Asks for the study's ratings again; False if it was open."""
    if not Study.objects.filter(pk=study.pk, pool_closed=True).update(pool_closed=False):
        return False
    study.pool_closed = False
    within = _pool(study).filter(maximum_ratings__gte=study.target_ratings)
    within.update(wanted_ratings=study.target_ratings)
    return True


def left_to_rate(study: Study) -> int:
    """Images of the pool in use with fewer ratings than the study's first pass asks for."""
    in_use = _pool(study).filter(state=Stimulus.State.IN_USE).exclude(sha256="")
    return in_use.filter(claimed_ratings__lt=study.target_ratings).count()


def _pool(study: Study) -> QuerySet[Stimulus]:
    return Stimulus.objects.filter(
        study=study, purpose=Stimulus.Purpose.MAIN, split=Stimulus.Split.POOL
    )
