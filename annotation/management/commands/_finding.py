"""How commands find an image and a rater of their study."""

from django.core.management.base import CommandError

from ...models import Rater, Stimulus, Study


def find_image(study: Study, filename: str) -> Stimulus:
    """The image that has the name now. Raises CommandError."""
    stimulus = Stimulus.objects.filter(study=study, filename=filename, replaced_by=None).first()
    if stimulus is None:
        raise CommandError(f'The study "{study.slug}" has no image "{filename}".')
    return stimulus


def find_rater(study: Study, code: str) -> Rater:
    """Raises CommandError."""
    rater = Rater.objects.filter(study=study, code=code.upper()).first()
    if rater is None:
        raise CommandError(
            f'The study "{study.slug}" has no rater {code.upper()}; its page "Raters" lists all '
            "codes."
        )
    return rater
