"""An import as the API is asked for it: a form of two files and a few choices."""

from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from workbench.core.api import ExactSerializer, RuleError, sentences
from workbench.core.api_shapes import UploadField
from workbench.core.errors import MintError
from workbench.core.json_reader import JsonError, read_json

from ...models import Stimulus, Study
from ..mapping.as_json import from_json
from ..mapping.document import TableMapping
from ..mapping.errors import wrong
from ..mapping.own import refuse_constants
from .asked import options_of, refusals
from .mapping_form import named_mapping
from .saved import OWN, saved_mappings
from .service import ImportOptions


class UploadTooLargeError(MintError):
    """More than IMPORT_UPLOAD_BYTES, by its declared length."""

    code = "too_large"
    status = 413


class Constants(serializers.CharField):
    """A JSON object of texts, as a field of a form."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises RuleError for what is no object of texts, and MappingError."""
        try:
            found = read_json(super().to_internal_value(data))
        except JsonError as error:
            raise RuleError({"constants": f"JSON parse error - {error}"}) from error
        try:
            texts = serializers.DictField(child=serializers.CharField()).run_validation(found)
        except serializers.ValidationError as error:
            raise RuleError({"constants": " ".join(sentences(error.detail))}) from error
        refuse_constants(texts)
        return texts


class ImportRequestSerializer(ExactSerializer):
    """A manifest, a ZIP of images, or both. Images alone say their prompts and generators
    themselves, or the files next to them in the ZIP do."""

    manifest = UploadField(required=False)
    images = UploadField(required=False)
    mapping = serializers.CharField(
        default=OWN,
        help_text="What the manifest's columns are: `own` (the workbench's names), `suggested` (by "
        "the header; a dry run), the name of a published database or of a mapping that the study "
        "keeps, or a mapping as a JSON object.",
    )
    constants = Constants(
        default=dict,  # type: ignore[arg-type] # its value is an object
        help_text="A JSON object: the `prompt` or `generator` of images without a manifest that "
        "nothing says it of.",
    )
    address = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=1000,
        help_text="Instead of files: a remote source that the server's operator allows "
        "(`IMPORT_REMOTE`), `https://…`, `s3://BUCKET/PREFIX` or `hf:OWNER/NAME`.",
    )
    ratings_of = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=100,
        help_text="The table is of ratings of single people, and this is whose they are, such as "
        "the old study's name: they become those of raters known by codes.",
    )
    purpose = serializers.ChoiceField(
        choices=Stimulus.Purpose.choices, default=Stimulus.Purpose.MAIN
    )
    partial = serializers.BooleanField(  # type: ignore[assignment] # DRF: a field of its own
        default=False, help_text="Import the good rows even if others are bad."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only say what it would do.")
    labels_only = serializers.BooleanField(
        default=False, help_text="If an image is missing, keep its row as labels."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["ratings_of"]:
            _refuse_images(attrs)
            return attrs
        found = refusals(
            manifest=attrs["manifest"].name if "manifest" in attrs else "",
            images="images" in attrs,
            labels_only=attrs["labels_only"],
            constants=attrs["constants"],
            address=attrs["address"],
        )
        problems = {name if name in self.fields else "constants": text for name, text in found}
        if problems:
            raise RuleError(problems)
        return attrs

    def options(self, study: Study) -> ImportOptions:
        """Of an import into `study`. Raises MappingError."""
        given = self.validated_data
        if given["ratings_of"]:
            return ImportOptions(ratings_of=given["ratings_of"], dry_run=given["dry_run"])
        alone = "manifest" not in given and not given["address"]
        return options_of(
            purpose=given["purpose"],
            labels_only=given["labels_only"],
            mapping_name=given["mapping"],
            # The worker finds what images alone say.
            mapping=None if alone else _mapping(given["mapping"], study),
            constants=given["constants"],
            dry_run=given["dry_run"],
        )


def _refuse_images(attrs: dict[str, Any]) -> None:
    if "manifest" not in attrs:
        raise RuleError({"manifest": _("Add the table of the ratings.")})
    if "images" in attrs:
        text = _("Ratings are of images that the study has: import these first.")
        raise RuleError({"images": text})


def refuse_large(request: Request) -> None:
    """By the declared length, before anything is read. Raises UploadTooLargeError."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_UPLOAD_BYTES:
        limit = filesizeformat(settings.IMPORT_UPLOAD_BYTES)
        text = _("Together the files are larger than %(limit)s. Import them in parts.")
        raise UploadTooLargeError(text % {"limit": limit})


def _mapping(given: str, study: Study) -> TableMapping | None:
    if not given.lstrip().startswith("{"):
        keys = [item.key for item in study.perspective_settings]
        return named_mapping(given, keys, {}, saved_mappings(study))
    try:
        return from_json(read_json(given))
    except JsonError as error:
        raise wrong("document", error, "a JSON object") from error
