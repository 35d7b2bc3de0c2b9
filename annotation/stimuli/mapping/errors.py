"""What can be wrong with a mapping."""

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop


class MappingError(Problem):
    """The document is none, or contradicts itself or the study."""

    code = "mapping_invalid"
    status = 400


def wrong(place: str, value: object, expected: str) -> MappingError:
    """`value` is not what `expected` says; `place` is where it is: `scores[0].minimum`."""
    return MappingError(
        gettext_noop('the mapping\'s %(place)s is "%(value)s"; expected is %(expected)s'),
        gettext_noop("correct it; docs/importing.md describes the document"),
        place=place,
        value=str(value)[:80],
        expected=expected,
    )


def absent(place: str) -> MappingError:
    return MappingError(
        gettext_noop("the mapping has no %(place)s"),
        gettext_noop("add it; docs/importing.md describes the document"),
        place=place,
    )


def unknown(place: str, known: str) -> MappingError:
    return MappingError(
        gettext_noop("the mapping has an unknown part %(place)s; known are %(known)s"),
        gettext_noop("correct its name, or leave it out"),
        place=place[:100],
        known=known,
    )
