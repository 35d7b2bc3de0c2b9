"""The form with which a manifest and its images are uploaded."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import OpinionRelease, Stimulus, Study
from ..mapping.document import TableMapping
from ..mapping.own import CONSTANT
from ..mapping.presets import preset_names
from .asked import options_of, refusals
from .mapping_form import named_mapping
from .saved import OWN, SUGGESTED, saved_mappings
from .service import ImportOptions
from .tables_field import PICKED_KINDS, ImagesField, TablesField, TablesInput

_MANIFEST_TYPES = ".csv,.tsv,.txt,.jsonl,.ndjson,.json,.xlsx,.parquet,.mat,.arrow,.zip"
#: The fields about the scale of published scores, by what a mapping calls it.
_SCALE = {
    "mos_minimum": "minimum",
    "mos_scale": "maximum",
    "direction": "direction",
    "score_kind": "kind",
}


class ImportForm(forms.Form):
    """What `import_stimuli` takes on the command line."""

    images = ImagesField(
        label=gettext_lazy("Images"),
        required=False,
        help_text=gettext_lazy(
            "JPEG, PNG or WebP files: several of them, a folder, or a ZIP. No manifest is needed "
            "if they, or the texts and tables next to them, say their prompts and generators, as "
            "the files of many tools do."
        ),
        widget=TablesInput(attrs={"accept": ".zip," + ",".join(PICKED_KINDS)}),
    )
    address = forms.CharField(
        label=gettext_lazy("Or an address"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy(
            "Of a table, a ZIP, a bucket’s folder or a dataset of Hugging Face: https://…, "
            "s3://BUCKET/PREFIX or hf:OWNER/NAME. The server fetches it; what is read is what its "
            "operator allows:"
        ),
    )
    manifest = TablesField(
        label=gettext_lazy("Manifest"),
        required=False,
        help_text=gettext_lazy(
            "A table with a row for each image: CSV, TSV, JSONL, Excel, Parquet or .mat, with the "
            "columns filename, prompt and generator. mos_ and a perspective's key (such as "
            "mos_quality, with sd_quality and raters) is a published score; other columns are kept "
            "as metadata. Texts are in UTF-8, UTF-16 or GB18030. Several files of one database "
            "can be chosen together, or sent as a ZIP, with or without their images."
        ),
        widget=TablesInput(attrs={"accept": _MANIFEST_TYPES}),
    )
    mapping = forms.ChoiceField(
        label=gettext_lazy("Columns"),
        choices=[
            (OWN, gettext_lazy("Named as above")),
            (SUGGESTED, gettext_lazy("Suggest from the header (dry run)")),
            (gettext_lazy("As in a published database"), [(name, name) for name in preset_names()]),
        ],
        initial=OWN,
        required=False,
        help_text=gettext_lazy(
            "A dry run shows how the first rows are read; nothing is imported until you have seen "
            "it."
        ),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=Stimulus.Purpose.choices,
        initial=Stimulus.Purpose.MAIN,
        help_text=gettext_lazy(
            "Main images are rated and learnt from. Practice images and gold images (hidden "
            "checks) are kept apart from them."
        ),
    )
    prompt = forms.CharField(
        label=gettext_lazy("Prompt"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("For the images whose prompt is found nowhere."),
    )
    generator = forms.CharField(
        label=gettext_lazy("Generator"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For the images whose generator is found nowhere."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source of published scores"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Such as a database's name: scores of each source are kept apart."),
    )
    mos_minimum = forms.FloatField(
        label=gettext_lazy("Lowest published score"),
        required=False,
        help_text=gettext_lazy("The lower end of their scale, such as 0 or 1."),
    )
    mos_scale = forms.FloatField(
        label=gettext_lazy("Highest published score"),
        required=False,
        help_text=gettext_lazy("The upper end of their scale, such as 1, 5 or 100."),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction of published scores"),
        choices=[("", "–"), *OpinionRelease.Direction.choices],
        required=False,
    )
    score_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of published scores"),
        choices=[("", "–"), *OpinionRelease.ScoreKind.choices],
        required=False,
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("Dry run: only say what would be imported"), required=False
    )
    partial = forms.BooleanField(
        label=gettext_lazy("Import the good rows even if others are bad"), required=False
    )
    labels_only = forms.BooleanField(
        label=gettext_lazy("If an image is missing, keep its row as labels"), required=False
    )

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._study = study
        self._saved = saved_mappings(study)
        if not settings.IMPORT_REMOTE:
            del self.fields["address"]
        if self._saved:
            kept = [(name, name) for name in self._saved]
            choices = self.fields["mapping"].choices  # type: ignore[attr-defined] # a choice field
            self.fields["mapping"].choices = [*choices, (_("Kept in this study"), kept)]  # type: ignore[attr-defined] # likewise

    def published(self) -> list[forms.BoundField]:
        """On which scale scores were published: asked of the few who import any."""
        return [self[name] for name in ("source", *_SCALE)]

    def constants(self) -> list[forms.BoundField]:
        """The prompt and the generator of images that have none of their own."""
        return [self[name] for name in CONSTANT]

    def common(self) -> list[forms.BoundField]:
        """The other fields, in their order."""
        apart = {
            "images",
            "address",
            *(field.name for field in (*self.published(), *self.constants())),
        }
        return [field for field in self if field.name not in apart]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        manifest = cleaned.get("manifest")
        found = refusals(
            manifest=manifest.name if manifest else "",
            images=bool(cleaned.get("images")),
            labels_only=bool(cleaned.get("labels_only")),
            constants=[name for name in CONSTANT if cleaned.get(name)],
            address=(address := cleaned.get("address", "").strip()),
        )
        for name, text in found:
            self.add_error(name, text)
        # The worker finds what images alone say.
        read_by = self._mapping(cleaned) if manifest or address else None
        return {**cleaned, "address": address, "read_by": read_by}

    def _mapping(self, cleaned: dict[str, Any]) -> TableMapping | None:
        """With the scale and source that were filled in; None if it is to be suggested."""
        published = {name: cleaned.get(field) for field, name in _SCALE.items()}
        keys = [item.key for item in self._study.perspective_settings]
        mapping = named_mapping(
            cleaned.get("mapping", ""),
            keys,
            {**published, "source": cleaned.get("source")},
            self._saved,
        )
        for source in mapping.sources if mapping else ():
            if source.minimum >= source.maximum:
                self.add_error("mos_scale", _("The highest score must be above the lowest."))
                break
        return mapping

    def options(self) -> ImportOptions:
        chosen = self.cleaned_data
        return options_of(
            purpose=chosen["purpose"],
            labels_only=chosen["labels_only"],
            mapping_name=chosen["mapping"],
            mapping=chosen["read_by"],
            constants={name: chosen[name] for name in CONSTANT if chosen[name]},
            dry_run=chosen["dry_run"],
        )
