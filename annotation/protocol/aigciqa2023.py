"""What AIGCIQA2023+ asks (MINT-IQA, arXiv 2405.07346, section 3): its three perspectives and its
explanation form. A new study starts from them.

The form's phrases and clauses (section 3.3) are the words of the released question/answer pairs; a
free text is asked for if the chosen level is 2 or lower.
"""

from typing import Final

from .forms import ExplanationForm, FormField, FormText
from .perspectives import PerspectiveSettings
from .scales import ACR5, Scale

QUALITY: Final = "quality"
AUTHENTICITY: Final = "authenticity"
CORRESPONDENCE: Final = "correspondence"
#: In the order of the paper and of its model's heads.
AIGCIQA2023_PERSPECTIVES: Final = (QUALITY, AUTHENTICITY, CORRESPONDENCE)


def default_perspectives(scale: Scale = ACR5) -> tuple[PerspectiveSettings, ...]:
    """The study defaults: the three questions of AIGCIQA2023, on one scale."""
    questions = {
        QUALITY: (
            "Quality",
            "How good does the image look: its sharpness, light, colour and detail?",
            "Judge the picture, not what it shows: blur, noise, blocks, wrong light or colours and "
            "missing detail lower it.",
        ),
        AUTHENTICITY: (
            "Authenticity",
            "Does it look real, free of warped, melted or impossible parts?",
            "Check hands, faces, letters, lines, shadows and reflections: anything that could "
            "not be in a photograph, or in a person’s drawing, lowers it.",
        ),
        CORRESPONDENCE: (
            "Correspondence",
            "Does the image show what the prompt asks for?",
            "Go through the prompt word by word: things, their number, colours, places and style. "
            "What is missing or added lowers it, however beautiful the image is.",
        ),
    }
    return tuple(
        PerspectiveSettings(key, label, question, scale, help_)
        for key, (label, question, help_) in questions.items()
    )


AIGCIQA2023_FORM = ExplanationForm(
    fields=(
        FormField(
            "quality_clarity",
            QUALITY,
            "Clarity",
            ("very blurry", "partially blurry", "essentially clear", "very clear"),
            (
                "the image quality is very blurry",
                "the image quality is partially blurry",
                "the image quality is essentially clear",
                "the image quality is very clear",
            ),
        ),
        FormField(
            "quality_outline",
            QUALITY,
            "Outline",
            (
                "cannot be distinguished",
                "vaguely distinguishable",
                "essentially distinguishable",
                "clearly distinguishable",
            ),
            (
                "the image outline and content cannot be distinguished",
                "the image outline and content are vaguely distinguishable",
                "the image outline and content are essentially distinguishable",
                "the image outline and content are clearly distinguishable",
            ),
        ),
        FormField(
            "quality_detail",
            QUALITY,
            "Detail",
            ("severely lacking", "partially missing", "essentially sufficient", "very rich"),
            (
                "the image details are severely lacking",
                "the image details are partially missing",
                "the image details are essentially sufficient",
                "the image details are very rich",
            ),
        ),
        FormField(
            "authenticity_distortion",
            AUTHENTICITY,
            "Distortion",
            ("highly distorted", "partially distorted", "essentially distortion-free"),
            (
                "the image is highly distorted",
                "the image is partially distorted",
                "the image is essentially distortion-free",
            ),
        ),
        FormField(
            "correspondence_consistency",
            CORRESPONDENCE,
            "Consistency",
            ("highly inconsistent", "partially inconsistent", "essentially consistent"),
            (
                "the image and its prompt are highly inconsistent",
                "the image and its prompt are partially inconsistent",
                "the image and its prompt are essentially consistent",
            ),
        ),
    ),
    texts=(
        FormText(AUTHENTICITY, "What is distorted?", "authenticity_distortion"),
        FormText(CORRESPONDENCE, "What does not match?", "correspondence_consistency"),
    ),
)
