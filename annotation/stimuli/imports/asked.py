"""What can be asked of an import, by form and API alike."""

from collections.abc import Collection, Iterator, Mapping

from django.utils.translation import gettext as _

from ..mapping.document import TableMapping
from ..remote.errors import RemoteError
from .remote import refuse_address
from .saved import SUGGESTED
from .service import ImportOptions
from .tables_field import WITH_IMAGES


def refusals(
    *,
    manifest: str,
    images: bool,
    labels_only: bool,
    constants: Collection[str],
    address: str = "",
) -> Iterator[tuple[str, str]]:
    """What does not go together: the field that it is about, and a sentence. `manifest`: the name
    of its file, empty without one. `address`: of a remote source."""
    if address:
        yield from _beside_an_address(address, bool(manifest or images))
        return
    if not manifest:
        if not images:
            yield "images", _("Add a ZIP of images, a manifest, or both.")
        return
    for name in constants:
        yield name, _("Only for images without a manifest, which has a column.")
    if not (images or labels_only or manifest.lower().endswith(WITH_IMAGES)):
        yield "images", _("Add the ZIP of the images, or choose to keep rows as labels.")


def _beside_an_address(address: str, files: bool) -> Iterator[tuple[str, str]]:
    if files:
        yield "address", _("Either an address or files; leave one of them out.")
    try:
        refuse_address(address)
    except RemoteError as error:
        yield "address", f"{error.sentence(_)}; {error.advice(_)}."


def options_of(
    *,
    purpose: str,
    labels_only: bool,
    mapping_name: str,
    mapping: TableMapping | None,
    constants: Mapping[str, str],
    dry_run: bool,
) -> ImportOptions:
    """`mapping`: None if the worker is to suggest one, or finds what the images say."""
    return ImportOptions(
        purpose=purpose,
        labels_only=labels_only,
        mapping=mapping,
        suggest=mapping is None,
        constants=constants,
        # What nobody has looked at yet is not imported.
        dry_run=dry_run or mapping_name == SUGGESTED,
    )
