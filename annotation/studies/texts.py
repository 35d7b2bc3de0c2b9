"""The texts of a study, in the reader's language.

A study stores its texts in the words of its owner. Those that are the defaults are known to the
translators; an owner's own words have the translations that the owner gave, or pass through
unchanged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import get_language, gettext, override

from workbench.core.texts import gettext_noop
from workbench.templatetags.numbers import shown_mark

from ..models import Study
from ..protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from ..protocol.forms import ExplanationForm
from ..protocol.perspectives import PerspectiveSettings
from ..protocol.scales import Scale
from ..protocol.translations import Translations, parse_translations

DEFAULT_CONSENT = gettext_noop(
    "You are invited to judge images that were made by computers from written prompts. Taking part "
    "is voluntary. You can stop at any time, without giving a reason and without disadvantage.\n\n"
    "We store your scores, the reasons that you choose, write or mark, when you gave them and how "
    "long you looked, and how you saw the images: your window and screen, the kind of browser, and "
    "whether you used a mouse, a keyboard or your fingers. If you are asked how well you see, your "
    "answer is stored too. Your name is not part of the data; the collected scores may be "
    "published for research. Please write nothing about yourself in the free texts.\n\n"
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
    "Judge the three independently: a beautiful image can miss its prompt, and a poor one "
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
    "Judge the three independently: a beautiful image can miss its prompt, and a poor one "
    "can meet it. There are no right answers. Use the whole scale, and go with your first "
    "impression."
)

#: The same for a study that asks something else.
DEFAULT_INSTRUCTIONS_OTHER = gettext_noop(
    "You will see one image at a time, with the prompt that it was made from. Read each question "
    "and give the image a score for it.\n\n"
    "Judge each question by itself. There are no right answers. Use the whole scale, and go with "
    "your first impression."
)

#: For the translators only: what `protocol.aigciqa2023` and `.scales` start from.
_DEFAULTS = (
    gettext_noop("Quality"),
    gettext_noop("How good does the image look: its sharpness, light, colour and detail?"),
    gettext_noop(
        "Judge the picture, not what it shows: blur, noise, blocks, wrong light or colours and "
        "missing detail lower it."
    ),
    gettext_noop("Authenticity"),
    gettext_noop("Does it look real, free of warped, melted or impossible parts?"),
    gettext_noop(
        "Check hands, faces, letters, lines, shadows and reflections: anything that could "
        "not be in a photograph, or in a person’s drawing, lowers it."
    ),
    gettext_noop("Correspondence"),
    gettext_noop("Does the image show what the prompt asks for?"),
    gettext_noop(
        "Go through the prompt word by word: things, their number, colours, places and style. "
        "What is missing or added lowers it, however beautiful the image is."
    ),
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
    gettext_noop("the image quality is very blurry"),
    gettext_noop("the image quality is partially blurry"),
    gettext_noop("the image quality is essentially clear"),
    gettext_noop("the image quality is very clear"),
    gettext_noop("the image outline and content cannot be distinguished"),
    gettext_noop("the image outline and content are vaguely distinguishable"),
    gettext_noop("the image outline and content are essentially distinguishable"),
    gettext_noop("the image outline and content are clearly distinguishable"),
    gettext_noop("the image details are severely lacking"),
    gettext_noop("the image details are partially missing"),
    gettext_noop("the image details are essentially sufficient"),
    gettext_noop("the image details are very rich"),
    gettext_noop("the image is highly distorted"),
    gettext_noop("the image is partially distorted"),
    gettext_noop("the image is essentially distortion-free"),
    gettext_noop("the image and its prompt are highly inconsistent"),
    gettext_noop("the image and its prompt are partially inconsistent"),
    gettext_noop("the image and its prompt are essentially consistent"),
    gettext_noop("What is distorted?"),
    gettext_noop("What does not match?"),
)


def instructions_of(text: str, asked: Sequence[PerspectiveSettings]) -> str:
    """A study's instructions: its owner's words, or the standard text that fits what is asked."""
    text = text.strip() or DEFAULT_INSTRUCTIONS
    named = text in (DEFAULT_INSTRUCTIONS, DEFAULT_INSTRUCTIONS_SCORES)
    if named and [item.key for item in asked] != list(AIGCIQA2023_PERSPECTIVES):
        return DEFAULT_INSTRUCTIONS_OTHER
    return text


def localized(text: str) -> str:
    """`text` in the active language if it is a default text, else unchanged."""
    # gettext("") returns the catalogue's header.
    return gettext(text) if text else ""


def scale_in_words(scale: Scale) -> str:
    """Which scores there are, as the title of an axis says it."""
    return gettext("Score on the scale %(low)s–%(high)s") % {
        "low": shown_mark(scale.minimum),
        "high": shown_mark(scale.maximum),
    }


def resolved_translations(texts: Iterable[str], own: Translations) -> dict[str, dict[str, str]]:
    """Per language of the site, what is read in the place of each text: the owner's translation of
    it, else that of the default texts. Texts that are read as they are, are left out."""
    texts, found = list(texts), {}
    for language, _name in settings.LANGUAGES:
        given = own.get(language, {})
        with override(language):
            shown = {text: (given.get(text) or localized(text)).strip() for text in texts}
        found[language] = {text: words for text, words in shown.items() if words != text.strip()}
    return parse_translations(found)


@dataclass(frozen=True)
class StudyTexts:
    """A protocol's texts in the active language; a text without a translation is read as it is."""

    translations: Translations

    def word(self, text: str) -> str:
        return self.translations.get(get_language() or "", {}).get(text, text)

    def perspective(self, item: PerspectiveSettings) -> PerspectiveSettings:
        return replace(
            item,
            label=self.word(item.label),
            question=self.word(item.question),
            help=self.word(item.help),
            scale=replace(item.scale, labels=tuple(map(self.word, item.scale.labels))),
        )

    def form(self, form: ExplanationForm) -> ExplanationForm:
        fields = (
            replace(
                item,
                label=self.word(item.label),
                phrases=tuple(map(self.word, item.phrases)),
                clauses=tuple(map(self.word, item.clauses)),
            )
            for item in form.fields
        )
        texts = (replace(item, label=self.word(item.label)) for item in form.texts)
        return ExplanationForm(tuple(fields), tuple(texts))


def texts_of(study: Study) -> dict[str, list[str]]:
    """What a rater reads of the study: what it belongs to → its texts, each text once."""
    asked = study.perspective_settings
    found = [
        (gettext("Title"), [study.title.strip()]),
        (gettext("Consent"), [study.consent.strip() or DEFAULT_CONSENT]),
        (gettext("Instructions"), [instructions_of(study.instructions, asked)]),
    ]
    for item in asked:
        said = [item.label, item.question, item.help, *item.scale.labels]
        found.append((localized(item.label), said))
    form = study.form
    for field in form.fields:
        labels = [text.label for text in form.texts if text.field == field.key]
        said = [field.label, *field.phrases, *labels, *field.clauses]
        found.append((localized(field.label), said))
    seen = {""}
    grouped: dict[str, list[str]] = {}
    for what, texts in found:
        new = [text for text in dict.fromkeys(texts) if text not in seen]
        seen.update(new)
        if new:
            grouped.setdefault(what, []).extend(new)
    return grouped
