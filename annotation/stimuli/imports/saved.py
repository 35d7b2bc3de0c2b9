"""Mappings that a study keeps under names, for its next imports of such tables."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ...models import SavedMapping, Study
from ...studies.audit import record
from ..mapping.as_json import from_json, to_json
from ..mapping.document import TableMapping
from ..mapping.presets import preset_names

#: Names that stand for something else where a mapping is chosen: the workbench's own names of
#: columns, and what the header suggests.
OWN, SUGGESTED = "own", "suggested"
_NAME = re.compile(r"\w[\w .+-]{0,59}")
#: Of one study: they are choices of a form.
_MOST = 100


class MappingNameError(MintError):
    """A name that a mapping cannot be kept under."""

    code = "mapping_name_invalid"
    status = 400


class UnknownMappingError(MintError):
    """A name that no mapping of the study has."""

    code = "mapping_unknown"
    status = 404


def saved_mappings(study: Study) -> dict[str, TableMapping]:
    """By name, sorted."""
    return {row.name: from_json(row.document) for row in study.saved_mappings.all()}


def saved_mapping(study: Study, name: str) -> SavedMapping:
    """Raises UnknownMappingError."""
    found = study.saved_mappings.select_related("actor").filter(name=name).first()
    if found is None:
        raise UnknownMappingError(
            _("The study keeps no mapping “%(name)s”. It keeps: %(known)s.")
            % {
                "name": name[:60],
                "known": ", ".join(study.saved_mappings.values_list("name", flat=True)) or "–",
            }
        )
    return found


def save_mapping(
    *, study: Study, actor: User | None, name: str, mapping: TableMapping
) -> SavedMapping:
    """Keeps the mapping, instead of an earlier one of that name. Raises MappingNameError."""
    name = name.strip()
    if not _NAME.fullmatch(name) or name in (OWN, SUGGESTED, *preset_names()):
        raise MappingNameError(
            _(
                "“%(name)s” cannot be a mapping’s name: use up to 60 letters, digits, blanks and "
                "signs . + - _, and none of the names that databases have here."
            )
            % {"name": name[:60]}
        )
    with transaction.atomic():
        others = study.saved_mappings.exclude(name=name)
        if others.count() >= _MOST:
            raise MappingNameError(
                _("A study keeps at most %(most)d mappings. Delete one first.") % {"most": _MOST}
            )
        kept, _created = SavedMapping.objects.update_or_create(
            study=study, name=name, defaults={"document": to_json(mapping), "actor": actor}
        )
        record(study=study, actor=actor, action="mapping.saved", name=name)
    return kept


def delete_mapping(*, study: Study, actor: User | None, name: str) -> None:
    """Imports that used it keep what it said. Raises UnknownMappingError."""
    with transaction.atomic():
        saved_mapping(study, name).delete()
        record(study=study, actor=actor, action="mapping.deleted", name=name)
