"""How commands find their study."""

from django.core.management.base import CommandError

from ..models import Study


def find_study(slug: str) -> Study:
    """Raises CommandError naming the existing studies."""
    there = Study.objects.exclude(status=Study.Status.DELETING)
    study = there.filter(slug=slug).first()
    if study is None:
        known = ", ".join(there.values_list("slug", flat=True)[:10]) or "none yet"
        raise CommandError(
            f'There is no study "{slug}"; the studies are: {known}. Create it in the console.'
        )
    return study
