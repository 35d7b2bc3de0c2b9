"""Why a dataset release is not imported."""

from django.utils.translation import gettext as _

from workbench.core.errors import MintError


class DatasetImportError(MintError):
    """An archive of which no study is made; the message says why."""

    code = "dataset_import_refused"


class ForeignArchiveError(DatasetImportError):
    """A file that is no dataset release."""

    code = "dataset_foreign"


class OtherLayoutError(DatasetImportError):
    """A dataset release of a newer or an older build."""

    code = "dataset_layout"


class MissingPicturesError(DatasetImportError):
    """Pictures are neither in the archive nor given besides."""

    code = "dataset_pictures_missing"


class BrokenArchiveError(DatasetImportError):
    """A dataset release that is damaged, or says what cannot be."""

    code = "dataset_broken"

    def __init__(self, place: str, reason: object) -> None:
        super().__init__(
            _("The archive is broken at %(place)s: %(reason)s. Nothing was imported.")
            % {"place": place, "reason": str(reason)[:300] or type(reason).__name__}
        )
