"""What the export page offers: one row for each form of the collected database, in groups, with a
link for each format that it comes in.

A format that no row here names has a row of its own, so that registering it is enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from workbench.core.tables import CSV_TYPE
from workbench.core.texts import gettext_noop

from ...models import OpinionRelease, Study
from .formats import FORMATS, Format

#: A file's ending → what people call it.
_SHORT = {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet"}


@dataclass(frozen=True)
class Link:
    """One file. `label` begins with `text`, which is what stands on the page."""

    text: str
    label: str
    href: str
    #: Its name, if the address does not give it one.
    filename: str = ""
    raw: bool = False


@dataclass(frozen=True)
class Row:
    """One form, translated. `kept`: it has the opinion scores of the release that was chosen."""

    name: str
    contains: str
    purpose: str
    links: tuple[Link, ...]
    kept: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Form:
    """English texts, translated when they are shown. `scored`: opinion scores are in it."""

    name: str
    contains: str
    purpose: str
    formats: tuple[str, ...]
    scored: bool = False


_GROUPS = (
    (
        gettext_noop("Per score"),
        (
            _Form(
                gettext_noop("One row per score"),
                gettext_noop(
                    "Each score with its image, prompt, rater and trial. Superseded scores, "
                    "skipped images and published scores are rows of their own kind."
                ),
                gettext_noop("Statistics in R, Python or SPSS; importing into another study"),
                ("csv", "jsonl", "parquet"),
            ),
            _Form(
                gettext_noop("One row per explanation"),
                gettext_noop("Phrases, texts and marks that belong to the current scores."),
                gettext_noop("Reading why; training a model that explains"),
                ("explanations",),
            ),
        ),
    ),
    (
        gettext_noop("Per image"),
        (
            _Form(
                gettext_noop("One row per image"),
                gettext_noop(
                    # xgettext:no-python-format
                    "MOS and opinion score from each perspective with number of ratings, standard "
                    "deviation and 95 % interval; what the model in use expects, if there is one; "
                    "metadata as columns."
                ),
                gettext_noop("Tables and plots for a paper; Excel; training a model"),
                ("images", "imagesparquet"),
                scored=True,
            ),
            _Form(
                gettext_noop("One line per image, with everything"),
                gettext_noop(
                    "All that was collected about it: trials, behaviour, texts, marks, superseded "
                    "scores, skips and opinion scores."
                ),
                gettext_noop("Programs; importing into another study without a loss"),
                ("nested",),
                scored=True,
            ),
        ),
    ),
    (
        gettext_noop("Sessions and people"),
        (
            _Form(
                gettext_noop("One row per session"),
                gettext_noop("Protocol, seed, times, viewing conditions and checks."),
                gettext_noop("Reporting how people rated"),
                ("sessions", "sessionsparquet"),
            ),
            _Form(
                gettext_noop("One row per rater"),
                gettext_noop(
                    "Code without a name, minutes, ratings that count, bias, inconsistency and "
                    "verdict, exclusion with its reason."
                ),
                gettext_noop("Screening of raters; a paper’s methods section"),
                ("raters", "ratersparquet"),
                scored=True,
            ),
        ),
    ),
)


def offered(study: Study, release: OpinionRelease | None = None) -> Iterator[Group]:
    """All forms in their order. release: a kept one whose opinion scores are to leave, in those
    forms that have any; the others are as of now."""
    for title, forms in _GROUPS:
        yield Group(_(title), tuple(_row(study, form, release) for form in forms))
    known = {name for _title, forms in _GROUPS for form in forms for name in form.formats}
    others = tuple(
        Row(_(form.label), "", "", tuple(_links(study, form, release)), kept=release is not None)
        for form in FORMATS.values()
        if form.name not in known
    )
    if others:
        yield Group(_("More forms"), others)


def document_link(study: Study, release: OpinionRelease | None = None) -> Link:
    """The study document."""
    address, stem = reverse("api-export-study", args=[study.slug]), study.slug
    if release is not None:
        address, stem = f"{address}?release={release.number}", f"{stem}-release-{release.number}"
    label = _("%(format)s: %(what)s") % {"format": "JSON", "what": _("What raters were asked")}
    return Link("JSON", label, address, f"{stem}.study.json")


def _row(study: Study, form: _Form, release: OpinionRelease | None) -> Row:
    chosen = release if form.scored else None
    links = [link for name in form.formats for link in _links(study, FORMATS[name], chosen)]
    texts = (_(form.name), _(form.contains), _(form.purpose))
    return Row(*texts, tuple(links), kept=chosen is not None)


def _links(study: Study, form: Format, release: OpinionRelease | None) -> Iterator[Link]:
    """A CSV file also raw."""
    ending = form.extension.rpartition(".")[2]
    short, label = _SHORT.get(ending, ending), _(form.label)
    yield Link(short, label, _address(study, form, release))
    if form.content_type == CSV_TYPE:
        raw = _("Raw %(form)s")
        texts = (raw % {"form": short}, raw % {"form": label})
        yield Link(*texts, _address(study, form, release, raw=True), raw=True)


def _address(
    study: Study, form: Format, release: OpinionRelease | None, *, raw: bool = False
) -> str:
    """The console's own where it has one: only the API knows releases."""
    if release is None:
        address = reverse("study-export-file", args=[study.slug, form.name])
        return f"{address}?raw=1" if raw else address
    query = f"format={form.name}&release={release.number}{'&raw=true' if raw else ''}"
    return f"{reverse('api-export', args=[study.slug])}?{query}"
