"""The next steps of a study that is being set up, each with the page where it is done."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from ...models import Study
from ..setup import Setup, setup_of


@dataclass(frozen=True)
class Step:
    text: str
    hint: str
    address: str
    done: bool


def next_steps(study: Study) -> list[Step]:
    """The checklist of a draft; empty once the study has been opened."""
    if study.status != Study.Status.DRAFT:
        return []
    setup = setup_of(study)
    importing = reverse("study-import", args=[study.slug])
    return [
        Step(
            _("Import images"),
            _("A manifest and a ZIP of the images to rate."),
            importing,
            setup.images,
        ),
        *_known_images(study, setup, importing),
        Step(
            _("Invite raters"),
            _("Personal links, or one shared link for many."),
            reverse("study-invite", args=[study.slug]),
            setup.raters,
        ),
        Step(
            _("Open the study"),
            _("Until then the links say that it is not open yet."),
            f"{study.get_absolute_url()}#status",
            False,
        ),
    ]


def _known_images(study: Study, setup: Setup, importing: str) -> list[Step]:
    """Practice and gold images, if the session plan asks for them."""
    steps = []
    wanted = study.plan.practice_trials
    if wanted:
        steps.append(
            Step(
                _("Import practice images"),
                _(
                    "%(found)d of %(wanted)d with known scores; without them, raters get no "
                    "practice."
                )
                % {"found": setup.practice, "wanted": wanted},
                f"{importing}?purpose=practice",
                setup.practice >= wanted,
            )
        )
    if study.plan.gold_share:
        steps.append(
            Step(
                _("Import gold images"),
                _("%(found)d with known scores; without them, raters are not checked.")
                % {"found": setup.gold},
                f"{importing}?purpose=gold",
                setup.gold > 0,
            )
        )
    return steps
