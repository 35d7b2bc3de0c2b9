"""What an import did, or would do."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ..importing.gaps import Gap
from ..importing.manifest import ManifestRow
from ..importing.problems import RowError, RowNote
from ..importing.remarks import Remark


@dataclass
class ImportReport:
    """What an import did. `rejected` rows with `imported == 0` mean that it did nothing."""

    total: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: list[RowError] = field(default_factory=list)
    notes: list[RowNote] = field(default_factory=list)
    #: What is to be said of all rows together: of the hold-out, of spellings, of the model.
    remarks: list[Remark] = field(default_factory=list)
    #: Whether anything could be written: no row was rejected, or a part was asked for.
    done: bool = True
    #: Whether it only says what it would do: nothing was kept.
    dry_run: bool = False
    #: The first rows as they were read.
    preview: list[ManifestRow] = field(default_factory=list)
    #: Images without a manifest whose prompt or generator was found nowhere.
    gaps: list[Gap] = field(default_factory=list)
    #: Whether bad rows do not keep the good ones from being imported.
    partial: bool = False

    @property
    def importable(self) -> int:
        return self.total - len(self.rejected)

    @property
    def is_refused(self) -> bool:
        """Whether bad rows stop the import, or would if it were no dry run."""
        return bool(self.rejected) and not self.partial

    def summary(self) -> str:
        """One or two sentences for a person."""
        counts = {
            "total": self.total,
            "importable": self.importable,
            "imported": self.imported,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
        }
        if not self.done:
            return (
                _(
                    "%(importable)d of %(total)d rows can be imported. Nothing was imported: fix "
                    "the rows, or import only the good ones (--partial)."
                )
                % counts
            )
        if self.dry_run:
            return (
                _(
                    "Dry run, nothing was kept: %(importable)d of %(total)d rows can be imported. "
                    "%(imported)d would be imported, %(updated)d updated, %(unchanged)d unchanged, "
                    "%(duplicates)d duplicates left out."
                )
                % counts
            )
        if not self.imported and not self.updated:
            return (
                _("Nothing changed: %(unchanged)d of %(total)d rows are already in the study.")
                % counts
            )
        return (
            _(
                "%(imported)d imported, %(updated)d updated, %(unchanged)d unchanged, "
                "%(duplicates)d duplicates left out, of %(total)d rows."
            )
            % counts
        )
