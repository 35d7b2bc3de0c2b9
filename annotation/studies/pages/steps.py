"""The steps of a study's set-up in words, each with the page where it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ...models import Study
from ..counts import ImageCounts
from ..selectors import find_study
from ..setup import SetupStep, StepName, setup_steps, waive_step


@dataclass(frozen=True)
class Step:
    text: str
    hint: str
    address: str
    state: SetupStep

    @property
    def done(self) -> bool:
        return self.state.done


def next_steps(study: Study, counted: ImageCounts | None = None) -> list[Step]:
    """The checklist; empty once all is done or waived."""
    steps = setup_steps(study, counted)
    return [] if all(step.settled for step in steps) else [in_words(study, it) for it in steps]


def in_words(study: Study, step: SetupStep) -> Step:
    text, hint, address = _WORDS[step.name](study, step)
    return Step(text, hint, address, step)


@login_required
@require_POST
def study_step(request: HttpRequest, slug: str, step: str) -> HttpResponse:
    """Waive a step, or take it up again (`waived` is `no`)."""
    study = find_study(request.user, slug, "annotation.change_study")
    waived = request.POST.get("waived") != "no"
    try:
        waive_step(study=study, actor=signed_in(request), name=step, waived=waived)
    except MintError as error:
        messages.error(request, error.message)
    return redirect(study)


_Words = tuple[str, str, str]


def _images(study: Study, step: SetupStep) -> _Words:
    return (
        _("Import images"),
        _("The images to rate, with their prompts."),
        reverse("study-import", args=[study.slug]),
    )


def _where_chosen(study: Study, purpose: str) -> str:
    """The images that may be chosen, or the import of the first ones for this purpose."""
    if study.stimuli.exists():
        images = reverse("study-stimuli", args=[study.slug])
        return f"{images}?split=pool&purpose=main&use={purpose}"
    return f"{reverse('study-import', args=[study.slug])}?purpose={purpose}"


def _practice(study: Study, step: SetupStep) -> _Words:
    return (
        _("Choose practice images"),
        _(
            "%(found)d of %(wanted)d with known scores; without them, raters get no practice. "
            "Choose them on the images page, or import them."
        )
        % {"found": step.found, "wanted": step.wanted},
        _where_chosen(study, "practice"),
    )


def _gold(study: Study, step: SetupStep) -> _Words:
    return (
        _("Choose gold images"),
        _(
            "%(found)d with known scores; without them, raters are not checked. Choose them on the "
            "images page, or import them."
        )
        % {"found": step.found},
        _where_chosen(study, "gold"),
    )


def _holdout(study: Study, step: SetupStep) -> _Words:
    return (
        _("Hold images out"),
        _(
            "No image is held out; without a hold-out, nobody can tell how well a model does. It "
            "is drawn when images are imported."
        )
        if not step.found
        else ngettext(
            "%(found)d image only measures the model.",
            "%(found)d images only measure the model.",
            step.found,
        )
        % {"found": step.found},
        f"{reverse('study-stimuli', args=[study.slug])}?split=holdout",
    )


def _raters(study: Study, step: SetupStep) -> _Words:
    return (
        _("Invite raters"),
        _("Personal links, or one shared link for many."),
        reverse("study-invite", args=[study.slug]),
    )


def _open(study: Study, step: SetupStep) -> _Words:
    return (
        _("Open the study"),
        _("Until then the links say that it is not open yet."),
        f"{study.get_absolute_url()}#status",
    )


_WORDS: dict[StepName, Callable[[Study, SetupStep], _Words]] = {
    StepName.IMAGES: _images,
    StepName.PRACTICE: _practice,
    StepName.GOLD: _gold,
    StepName.HOLDOUT: _holdout,
    StepName.RATERS: _raters,
    StepName.OPEN: _open,
}
