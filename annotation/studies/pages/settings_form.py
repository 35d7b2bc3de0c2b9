"""The form of a study's settings: numbers with their units, grouped as an owner thinks of them.

Long because it is one list of what can be set.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from dataclasses import fields as dataclass_fields
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...models import Study
from ...protocol.errors import ProtocolError
from ...protocol.forms import LEVELS, ExplanationAsking, When
from ...protocol.plan import LIMITS, MOST_CHECKS, SessionPlan
from ...protocol.reliability_rules import SETTINGS, ReliabilityRules
from ...protocol.viewing import LARGEST_WINDOW, ViewingChecks
from ..choices import REGISTRIES
from ..services import SINGLE_SETTINGS
from ..texts import DEFAULT_CONSENT, DEFAULT_INSTRUCTIONS, DEFAULT_INSTRUCTIONS_SCORES
from .fields import NumberField, PercentField, StudyTextField
from .rules_form import RuleRow, read_rules, rule_fields, rule_initial, rule_names, rule_rows

#: A heading, and the names of the fields below it.
Fieldset = tuple[Any, tuple[str, ...]]

_IMAGES = _("images")
_MINUTES = _("minutes")
_SECONDS = _("seconds")


def _whole(name: str, label: Any, unit: Any, help_text: Any = "") -> NumberField:
    least, most = (int(limit) for limit in LIMITS[name])
    return NumberField(label=label, unit=unit, help_text=help_text, min_value=least, max_value=most)


def _share(name: str, label: Any, help_text: Any) -> PercentField:
    least, most = LIMITS[name]
    return PercentField(label=label, help_text=help_text, min_value=least, max_value=most)


def _choice(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


def _registered(setting: str) -> list[tuple[str, str]]:
    return [(entry.name, gettext(entry.label)) for entry in REGISTRIES[setting].values()]


class StudyForm(forms.ModelForm):  # type: ignore[type-arg] # not generic at run time
    """The settings that an owner changes on the page; a plan's setting has its field's name."""

    consent = StudyTextField(DEFAULT_CONSENT, label=_("Consent"), rows=8)
    instructions = StudyTextField(
        DEFAULT_INSTRUCTIONS, DEFAULT_INSTRUCTIONS_SCORES, label=_("Instructions"), rows=12
    )
    holdout_share = PercentField(
        label=_("Prompts held out"),
        max_value=0.9,
        help_text=_(
            "Drawn at random at import, by prompt, and never trained on. At most 90 percent. It "
            "holds for images that are imported from now on; no image changes sides."
        ),
    )
    audit_share = PercentField(
        label=_("Random audit draws"),
        help_text=_("Draws that ignore the model’s priorities; 10 to 15 percent is sensible."),
    )
    teaching_share = PercentField(
        label=_("Draws for new images"),
        help_text=_(
            # xgettext:no-python-format
            "Of the draws by priority. At 100 percent every image gets one rating before any gets "
            "a second: that teaches the model most. At 0 percent an image that was begun gets all "
            "its ratings first: that gives the most scores to publish."
        ),
    )
    wanted_half_width = PercentField(
        label=_("Enough ratings at an interval of"),
        help_text=_(
            # xgettext:no-python-format
            "Half of the 95 percent interval of an opinion score, of its scale: on 1 to 5, 10 "
            "percent are 0.4 points. An image that has its first ratings and a wider interval from "
            "some perspective gets one more at a time, to the most that is set here. 0: none gets "
            "more than its first ratings."
        ),
    )
    lease_seconds = NumberField(
        label=_("Lease of an image"),
        unit=_SECONDS,
        min_value=10,
        help_text=_("How long an image is reserved for a rater; after that it may go to another."),
    )
    retrain_every = NumberField(
        label=_("Train after"),
        unit=_("new ratings"),
        min_value=0,
        help_text=_("0: only when you ask."),
    )
    retrain_nightly = _choice(
        _("Train at night"),
        _("Between 2 and 5 o’clock, the server’s time, if there are new ratings."),
    )
    practice_trials = _whole(
        "practice_trials",
        _("Practice"),
        _IMAGES,
        _("Once per rater, with feedback. The images are those imported for practice."),
    )
    practice_pass_share = _share(
        "practice_pass_share",
        _("Practice is passed with"),
        _(
            "Of the answers in practice, so many must be within the range that the raters are "
            "told. 0: everybody passes."
        ),
    )
    practice_tries = _whole(
        "practice_tries",
        _("Tries"),
        _("times through practice"),
        _(
            "Who has not passed after these is thanked and gets a code, on a crowd platform the "
            "one for people who were screened out."
        ),
    )
    stabilisation_trials = _whole(
        "stabilisation_trials",
        _("Stabilisation"),
        _IMAGES,
        _(
            "The first images of each session; raters cannot tell them from the others, and "
            "their scores do not count."
        ),
    )
    block_trials = _whole(
        "block_trials",
        _("Block"),
        _IMAGES,
        _("Chosen together and shown in random order. Raters rest between two blocks."),
    )
    one_per_pass = _choice(
        _("One question at a time"),
        _(
            "Raters go through each block once for the first question, once for the second, and "
            "so on."
        ),
    )
    revisable = _choice(
        _("Raters may go back"),
        _("To the previous image of the current block, to change its answer."),
    )
    whole_prompt = _choice(
        _("The whole prompt must have been seen"),
        _(
            "Scores can be sent only once the prompt has been on the screen to its end. How much "
            "of it was is stored with every answer in any case."
        ),
    )
    enlarging = _choice(
        _("Raters may enlarge the image"),
        _(
            "By a tap, a click or Z, within its field; only if images are fitted to the window. "
            "How often, how long and how large is stored with every answer."
        ),
    )
    repeat_share = _share(
        "repeat_share",
        _("Hidden repeats"),
        _("Images shown a second time: does the rater agree with themselves?"),
    )
    gold_share = _share(
        "gold_share",
        _("Gold images"),
        _("Images whose scores are known, taken from those imported as gold."),
    )
    explanation_when = forms.ChoiceField(
        label=_("Asked"),
        choices=[
            (str(When.EVERY), _("For every image")),
            (str(When.SHARE), _("For a share of the images")),
            (str(When.LOW), _("When the score is low")),
        ],
        help_text=_(
            "Phrases and free texts. For other images the rating page leaves their place empty."
        ),
    )
    explanation_share = PercentField(
        label=_("The share"),
        min_value=0.01,
        help_text=_(
            "Drawn at random for each rater and image; reloading the page does not change it."
        ),
    )
    explanation_level = NumberField(
        label=_("“Low” means up to"),
        unit=_("of five levels"),
        min_value=LEVELS[0],
        max_value=LEVELS[1],
        help_text=_(
            "2: Bad and Poor. On other scales, as low a part: the lowest quarter of a slider."
        ),
    )
    rest_after_minutes = _whole("rest_after_minutes", _("Rest after"), _MINUTES, _("0: no rest."))
    rest_seconds = _whole("rest_seconds", _("The rest lasts"), _SECONDS)
    session_minutes = _whole(
        "session_minutes",
        _("No new block after"),
        _MINUTES,
        _("ITU-R BT.500-15: sessions of up to 30 minutes. 0: no limit."),
    )
    minimum_width = NumberField(
        label=_("Window, at least"),
        unit=_("pixels wide"),
        min_value=0,
        max_value=LARGEST_WINDOW[0],
        help_text=_(
            "Raters with a smaller window are asked to enlarge it before the session. 0: any."
        ),
    )
    minimum_height = NumberField(
        label=_("and"), unit=_("pixels high"), min_value=0, max_value=LARGEST_WINDOW[1]
    )
    phones = _choice(_("Phones may be used"))
    acuity = _choice(_("Ask how well the rater sees"))
    card = _choice(
        _("Measure the size of a pixel"), _("The rater holds a bank card against the screen.")
    )
    greys = _choice(
        _("Ask which grey steps the rater can see"),
        _("Near black and near white, as the screen shows them."),
    )
    plates = _choice(
        _("Show colour plates"),
        _(
            "Three digits in coloured dots. Nobody is turned away; the answers stay with the "
            "session."
        ),
    )
    daily_trials = _whole(
        "daily_trials",
        _("Daily cap per rater"),
        _IMAGES,
        _("0: no cap. A day begins at the rater’s midnight, in the time zone of their browser."),
    )

    opinion_method = forms.ChoiceField(
        label=_("Method"),
        choices=partial(_registered, "opinion_method"),
        help_text=_(
            "How the scores of an image become its opinion score: of the live release, and so on "
            "every page, in labels and in the export. Named releases stay as they are."
        ),
    )

    class Meta:
        model = Study
        fields = SINGLE_SETTINGS
        labels = {
            "title": _("Title"),
            "erased_ratings": _("Ratings of a rater who asks to be erased"),
            "identity_days": _("Days after a rater’s last session until their name is deleted"),
            "target_ratings": _("Ratings per image, first pass"),
            "maximum_ratings": _("Ratings per image, at most"),
            "holdout_ratings": _("Ratings per hold-out image"),
            "session_trials": _("Images per session, at most"),
            "image_size": _("Images are shown"),
        }
        help_texts = {
            "erased_ratings": _("Let the consent say the same."),
            "identity_days": _(
                "With it go their address and their number on a crowd platform; ratings stay. Pay "
                "them before. 0: not by itself."
            ),
            "target_ratings": _("Every image gets these before it is topped up."),
            "maximum_ratings": _("No image ever gets more, however many raters work at once."),
            "holdout_ratings": _("The hold-out measures the model; it deserves more ratings."),
            "session_trials": _("With stabilisation, repeats and gold images."),
            "image_size": _(
                "When fitted to the window, an image of more than 2,048 pixels a side is shown "
                "as a copy of that size; pixel by pixel, every pixel is shown."
            ),
        }

    #: The fields of each part of the settings; a part has a page of its own and is saved alone.
    PARTS: ClassVar[dict[str, tuple[Fieldset, ...]]] = {
        "general": (
            (_("Words"), ("title", "consent", "erased_ratings", "identity_days", "instructions")),
        ),
        "explanations": (
            (_("Explanations"), ("explanation_when", "explanation_share", "explanation_level")),
        ),
        "ratings": (
            (
                _("Ratings"),
                ("target_ratings", "wanted_half_width", "maximum_ratings", "holdout_ratings"),
            ),
            (_("Opinion scores"), ("opinion_method",)),
        ),
        "session": (
            (
                _("Session"),
                (
                    "practice_trials",
                    "practice_pass_share",
                    "practice_tries",
                    "stabilisation_trials",
                    "block_trials",
                    "one_per_pass",
                    "revisable",
                    "whole_prompt",
                    "session_trials",
                    "session_minutes",
                    "daily_trials",
                    "lease_seconds",
                ),
            ),
            (_("Checks"), ("repeat_share", "gold_share")),
            (_("Rest"), ("rest_after_minutes", "rest_seconds")),
        ),
        "viewing": (
            (
                _("Viewing conditions"),
                (
                    "image_size",
                    "enlarging",
                    *(field.name for field in dataclass_fields(ViewingChecks)),
                ),
            ),
        ),
        "rules": ((_("Rules for raters"), tuple(rule_names())),),
        "model": (
            (_("Model"), ("holdout_share", "audit_share", "teaching_share")),
            (_("Training"), ("retrain_every", "retrain_nightly")),
        ),
    }

    def __init__(self, data: Any = None, *, instance: Study, part: str) -> None:
        """part: one of PARTS; the form has its fields alone, and leaves the others' values."""
        asking = {f"explanation_{name}": value for name, value in asdict(instance.asking).items()}
        initial = asdict(instance.plan) | asdict(instance.viewing) | asking
        initial |= rule_initial(instance.rules)
        super().__init__(data, instance=instance, initial=initial)
        self.fields.update(rule_fields())
        self._fieldsets = self.PARTS[part]
        kept = {name for _legend, names in self._fieldsets for name in names}
        self.fields = {name: field for name, field in self.fields.items() if name in kept}

    def fieldsets(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(legend, [self[name] for name in names]) for legend, names in self._fieldsets]

    def rules(self) -> list[RuleRow]:
        return rule_rows(self)

    def measures(self) -> list[forms.BoundField]:
        """What the measures themselves need to know."""
        return [self[name] for name in SETTINGS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        target, most = cleaned.get("target_ratings"), cleaned.get("maximum_ratings")
        if target and most and target > most:
            message = gettext(
                "The first pass cannot ask for more ratings than an image may get at most."
            )
            self.add_error("target_ratings", message)
        if not self.errors:
            self._check_together()
        return cleaned

    def _check_together(self) -> None:
        """What no field can tell alone."""
        try:
            self._plan()
        except ProtocolError:
            # Each setting is within its limits, so it is the two shares together.
            message = gettext("Together, repeats and gold images make up at most %(most)d %%.")
            self.add_error("gold_share", message % {"most": round(MOST_CHECKS * 100)})
        try:
            self._rules()
        except ProtocolError as error:
            self.add_error(None, str(error))

    def settings(self) -> dict[str, Any]:
        """Those of the part; what is stored together with others of their kind is whole."""
        single = {name: self.cleaned_data[name] for name in SINGLE_SETTINGS if name in self.fields}
        together: dict[str, tuple[Callable[[], Any], Any]] = {
            "session_plan": (self._plan, self.instance.plan),
            "viewing_checks": (self._viewing, self.instance.viewing),
            "reliability_rules": (self._rules, self.instance.rules),
            "explanation_asked": (self._asking, self.instance.asking),
        }
        made = {name: (make(), before) for name, (make, before) in together.items()}
        changed = {name: new.to_json() for name, (new, before) in made.items() if new != before}
        return {**single, **changed}

    def _plan(self) -> SessionPlan:
        plan: SessionPlan = self.instance.plan
        return replace(plan, **self._given(plan))

    def _viewing(self) -> ViewingChecks:
        viewing: ViewingChecks = self.instance.viewing
        return replace(viewing, **self._given(viewing))

    def _asking(self) -> ExplanationAsking:
        asking: ExplanationAsking = self.instance.asking
        given = self._given(asking, prefix="explanation_")
        return replace(asking, **given | {"when": When(given.get("when", asking.when))})

    def _rules(self) -> ReliabilityRules:
        rules: ReliabilityRules = self.instance.rules
        return read_rules(self.cleaned_data, rules) if "weight" in self.fields else rules

    def _given(self, kept: Any, *, prefix: str = "") -> dict[str, Any]:
        """What the form has of a dataclass's fields; the others keep their values."""
        names = [field.name for field in dataclass_fields(kept)]
        data = self.cleaned_data
        return {name: data[f"{prefix}{name}"] for name in names if f"{prefix}{name}" in data}
