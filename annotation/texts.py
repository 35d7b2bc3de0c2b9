"""The default texts of a study, known to the translators.

A study stores its texts in the words of its owner. Those that are the defaults are translated
where they are shown; an owner's own words pass through unchanged.
"""

from dataclasses import replace

from django.utils.translation import gettext, gettext_noop

from .protocol.forms import ExplanationForm
from .protocol.perspectives import PerspectiveSettings

DEFAULT_CONSENT = gettext_noop(
    "You are invited to judge images that were made by computers from written prompts. Taking part "
    "is voluntary. You can stop at any time, without giving a reason and without disadvantage.\n\n"
    "We store your scores, the reasons that you choose or write, when you gave them, and the size "
    "of your window. Your name is not part of the data; the collected scores may be published for "
    "research. Please write nothing about yourself in the free texts.\n\n"
    "Some images may be strange or unpleasant. You can skip any of them."
)
DEFAULT_INSTRUCTIONS = gettext_noop(
    "You will see one image at a time, with the prompt that it was made from. Give each image "
    "three scores:\n\n"
    "Quality: how good does it look as a picture? Think of sharpness, light, colour and detail, "
    "not of what it shows.\n\n"
    "Authenticity: does it look real? Look for warped, melted or impossible parts.\n\n"
    "Correspondence: does it show what the prompt asks for? Count things, check colours and "
    "places, look for what is missing.\n\n"
    "Judge the three apart from each other: a beautiful image can miss its prompt, and a poor one "
    "can meet it. There are no right answers. Use the whole scale, and go with your first "
    "impression. Then choose the words that fit; if something is distorted or does not match, say "
    "what."
)
#: The same for a study that asks for scores alone; whole, because a translator needs whole texts.
DEFAULT_INSTRUCTIONS_SCORES = gettext_noop(
    "You will see one image at a time, with the prompt that it was made from. Give each image "
    "three scores:\n\n"
    "Quality: how good does it look as a picture? Think of sharpness, light, colour and detail, "
    "not of what it shows.\n\n"
    "Authenticity: does it look real? Look for warped, melted or impossible parts.\n\n"
    "Correspondence: does it show what the prompt asks for? Count things, check colours and "
    "places, look for what is missing.\n\n"
    "Judge the three apart from each other: a beautiful image can miss its prompt, and a poor one "
    "can meet it. There are no right answers. Use the whole scale, and go with your first "
    "impression."
)

#: For the translators only: what `protocol.perspectives`, `.scales` and `.forms` start from.
_DEFAULTS = (
    gettext_noop("Quality"),
    gettext_noop("How good does the image look: its sharpness, light, colour and detail?"),
    gettext_noop("Authenticity"),
    gettext_noop("Does it look real, free of warped, melted or impossible parts?"),
    gettext_noop("Correspondence"),
    gettext_noop("Does the image show what the prompt asks for?"),
    gettext_noop("Bad"),
    gettext_noop("Poor"),
    gettext_noop("Fair"),
    gettext_noop("Good"),
    gettext_noop("Excellent"),
    gettext_noop("Clarity"),
    gettext_noop("very blurry"),
    gettext_noop("partially blurry"),
    gettext_noop("essentially clear"),
    gettext_noop("very clear"),
    gettext_noop("Outline"),
    gettext_noop("cannot be distinguished"),
    gettext_noop("vaguely distinguishable"),
    gettext_noop("essentially distinguishable"),
    gettext_noop("clearly distinguishable"),
    gettext_noop("Detail"),
    gettext_noop("severely lacking"),
    gettext_noop("partially missing"),
    gettext_noop("essentially sufficient"),
    gettext_noop("very rich"),
    gettext_noop("Distortion"),
    gettext_noop("highly distorted"),
    gettext_noop("partially distorted"),
    gettext_noop("essentially distortion-free"),
    gettext_noop("Consistency"),
    gettext_noop("highly inconsistent"),
    gettext_noop("partially inconsistent"),
    gettext_noop("essentially consistent"),
    gettext_noop("What is distorted?"),
    gettext_noop("What does not match?"),
)


def localized(text: str) -> str:
    """`text` in the active language where it is a default text, else unchanged."""
    # gettext("") answers with the catalogue's header.
    return gettext(text) if text else ""


def localized_consent(text: str) -> str:
    return localized(text.strip() or DEFAULT_CONSENT)


def localized_instructions(text: str) -> str:
    return localized(text.strip() or DEFAULT_INSTRUCTIONS)


def localized_perspective(item: PerspectiveSettings) -> PerspectiveSettings:
    labels = tuple(localized(label) for label in item.scale.labels)
    return replace(
        item,
        label=localized(item.label),
        question=localized(item.question),
        scale=replace(item.scale, labels=labels),
    )


def localized_form(form: ExplanationForm) -> ExplanationForm:
    return ExplanationForm(
        tuple(
            replace(
                item,
                label=localized(item.label),
                phrases=tuple(localized(phrase) for phrase in item.phrases),
            )
            for item in form.fields
        ),
        tuple(replace(item, label=localized(item.label)) for item in form.texts),
    )
