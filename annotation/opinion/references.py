"""What a paper says of a method: its words, and whom it cites. Pure: no Django.

Kept next to the methods, not in them: a method is a computation, this is how it is written about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workbench.core.texts import gettext_noop


@dataclass(frozen=True)
class Reference:
    """One entry of a bibliography."""

    #: By which a paper cites it.
    key: str
    #: As a sentence names it.
    short: str
    #: Of BibTeX.
    kind: str
    #: Of BibTeX, in LaTeX's letters.
    fields: Mapping[str, str] = field(hash=False)

    def bibtex(self) -> str:
        lines = (f"  {name} = {{{value}}}" for name, value in self.fields.items())
        return "@" + self.kind + "{" + self.key + ",\n" + ",\n".join(lines) + "\n}"


def _reference(key: str, short: str, kind: str, **fields: str) -> Reference:
    return Reference(key, short, kind, MappingProxyType(fields))


P910 = _reference(
    "itu-p910",
    "ITU-T P.910, 2023",
    "techreport",
    author="{ITU-T}",
    title="{Recommendation P.910: Subjective video quality assessment methods for multimedia "
    "applications}",
    institution="International Telecommunication Union",
    year="2023",
)
P913 = _reference(
    "itu-p913",
    "ITU-T P.913, 2021",
    "techreport",
    author="{ITU-T}",
    title="{Recommendation P.913: Methods for the subjective assessment of video quality, audio "
    "quality and audiovisual quality of Internet video and distribution quality television in any "
    "environment}",
    institution="International Telecommunication Union",
    year="2021",
)
BT500 = _reference(
    "itu-bt500",
    "ITU-R BT.500-15, 2023",
    "techreport",
    author="{ITU-R}",
    title="{Recommendation BT.500-15: Methodologies for the subjective assessment of the quality "
    "of television images}",
    institution="International Telecommunication Union",
    year="2023",
)
SIMPLE_MODEL = _reference(
    "li2020simple",
    "Li et al., 2020",
    "article",
    author="Li, Zhi and Bampis, Christos G. and Krasula, Luk{\\'a}{\\v{s}} and Janowski, Lucjan "
    "and Katsavounidis, Ioannis",
    title="A simple model for subject behavior in subjective experiments",
    journal="Electronic Imaging",
    year="2020",
    note="arXiv:2004.02067",
)
RECOVER = _reference(
    "li2017recover",
    "Li and Bampis, 2017",
    "inproceedings",
    author="Li, Zhi and Bampis, Christos G.",
    title="Recover subjective quality scores from noisy measurements",
    booktitle="Data Compression Conference (DCC)",
    year="2017",
)
SUREAL = _reference(
    "sureal",
    "Netflix, sureal",
    "misc",
    author="{Netflix}",
    title="{SUREAL}: Subjective recovery analysis",
    howpublished="\\url{https://github.com/Netflix/sureal}",
)
CATEGORY_SCALING = _reference(
    "vandijk1995quality",
    "van Dijk et al., 1995",
    "inproceedings",
    author="van Dijk, A. M. and Martens, J.-B. and Watson, A. B.",
    title="Quality assessment of coded images using numerical category scaling",
    booktitle="Proceedings of SPIE 2451",
    year="1995",
)
AIGCIQA2023 = _reference(
    "wang2023aigciqa",
    "Wang et al., 2023",
    "inproceedings",
    author="Wang, Jiarui and Duan, Huiyu and Liu, Jing and Chen, Shi and Min, Xiongkuo and Zhai, "
    "Guangtao",
    title="{AIGCIQA2023}: A large-scale image quality assessment database for {AI} generated "
    "images: from the perspectives of quality, authenticity and correspondence",
    booktitle="CAAI International Conference on Artificial Intelligence (CICAI)",
    year="2023",
)
PRIORS = _reference(
    "gelman2013bayesian",
    "Gelman et al., 2013",
    "book",
    author="Gelman, Andrew and Carlin, John B. and Stern, Hal S. and Dunson, David B. and Vehtari, "
    "Aki and Rubin, Donald B.",
    title="Bayesian Data Analysis",
    edition="Third",
    publisher="Chapman and Hall/CRC",
    year="2013",
)
ORDINAL = _reference(
    "mccullagh1980regression",
    "McCullagh, 1980",
    "article",
    author="McCullagh, Peter",
    title="Regression models for ordinal data",
    journal="Journal of the Royal Statistical Society: Series B",
    volume="42",
    number="2",
    pages="109--142",
    year="1980",
)
METRIC_MODELS = _reference(
    "liddell2018analyzing",
    "Liddell and Kruschke, 2018",
    "article",
    author="Liddell, Torrin M. and Kruschke, John K.",
    title="Analyzing ordinal data with metric models: What could possibly go wrong?",
    journal="Journal of Experimental Social Psychology",
    volume="79",
    pages="328--348",
    year="2018",
)
SOS = _reference(
    "hossfeld2011sos",
    "Hoßfeld et al., 2011",
    "inproceedings",
    author="Ho{\\ss}feld, Tobias and Schatz, Raimund and Egger, Sebastian",
    title="{SOS}: The {MOS} is not enough!",
    booktitle="International Workshop on Quality of Multimedia Experience (QoMEX)",
    year="2011",
)
WILSON = _reference(
    "wilson1927probable",
    "Wilson, 1927",
    "article",
    author="Wilson, Edwin B.",
    title="Probable inference, the law of succession, and statistical inference",
    journal="Journal of the American Statistical Association",
    volume="22",
    number="158",
    pages="209--212",
    year="1927",
)

#: Of all methods that take means (`methods.intervals`).
_INTERVAL = gettext_noop(
    # xgettext:no-python-format
    "The 95% interval of a score takes the variance of single ratings as a function of the score "
    "that is fitted to all images, adjusted by the image’s own ratings; it stays on the scale and "
    "never has width 0."
)


@dataclass(frozen=True)
class Account:
    """What a paper says of a method; English sentences, translated when a page shows them."""

    #: How an image's score is made, and its interval.
    words: str
    references: tuple[Reference, ...]
    interval: str = _INTERVAL
    of_interval: tuple[Reference, ...] = (SOS, WILSON)
    #: Cited too if this parameter is on.
    optional: Mapping[str, Reference] = field(default_factory=dict)

    def references_with(self, parameters: Mapping[str, Any]) -> tuple[Reference, ...]:
        used = (item for name, item in self.optional.items() if parameters.get(name))
        return (*self.references, *used)


#: By the method's name.
ACCOUNTS: Mapping[str, Account] = {
    "mos": Account(
        gettext_noop("The opinion score of an image is the mean of its ratings."), (P910, BT500)
    ),
    "bias_removed": Account(
        gettext_noop(
            "Each rater’s bias, the mean difference of their ratings from the mean ratings of the "
            "same images, was subtracted; the opinion score of an image is the mean of what is "
            "left."
        ),
        (P913, SUREAL),
    ),
    "zscore": Account(
        gettext_noop(
            "Each rater’s ratings were made comparable by their own mean and standard deviation "
            "(z-scores); the opinion score of an image is the mean of its z-scores."
        ),
        (CATEGORY_SCALING, SUREAL),
    ),
    "aigciqa2023": Account(
        gettext_noop(
            "Raters were screened by ITU-R BT.500, and single ratings far from an image’s mean "
            "were dropped; each rater’s ratings became z-scores, rescaled to 0–100 by "
            "100(z + 3)/6; the opinion score of an image is their mean."
        ),
        (AIGCIQA2023, BT500),
    ),
    "bt500": Account(
        gettext_noop(
            "Raters were screened by ITU-R BT.500; the opinion score of an image is the mean of "
            "the ratings by those who were kept."
        ),
        (BT500,),
    ),
    "bt500_sureal": Account(
        gettext_noop(
            "Raters were screened by ITU-R BT.500 as the software sureal does it; the opinion "
            "score of an image is the mean of the ratings by those who were kept."
        ),
        (BT500, SUREAL),
    ),
    "p913": Account(
        gettext_noop(
            "Each rater’s bias was subtracted, then raters were screened by ITU-R BT.500; the "
            "opinion score of an image is the mean of what is left."
        ),
        (P913, BT500, SIMPLE_MODEL, SUREAL),
    ),
    "p910": Account(
        gettext_noop(
            "The quality of each image and the bias and inconsistency of each rater were estimated "
            "together by maximum likelihood; consistent raters count for more."
        ),
        (P910, P913, SIMPLE_MODEL),
        optional={"content_ambiguity": RECOVER},
    ),
    "subject_map": Account(
        gettext_noop(
            "The quality of each image and the bias and inconsistency of each rater were estimated "
            "together; priors, estimated from all raters, keep raters with few ratings near the "
            "others. Biases are removed, and consistent raters count for more."
        ),
        (P910, SIMPLE_MODEL, PRIORS),
    ),
    "ordinal": Account(
        gettext_noop(
            "Ratings were taken as ordered levels, by a cumulative probit model in which each "
            "rater has thresholds; the opinion score of an image is the rating that the model "
            "expects of it."
        ),
        (ORDINAL, METRIC_MODELS),
        interval=gettext_noop(
            # xgettext:no-python-format
            "The 95% interval of a score is that of the opinion behind the levels, led through the "
            "expected rating; it stays on the scale and is not symmetric."
        ),
        of_interval=(),
    ),
}


def account_of(method: str) -> Account:
    """Of a method by its name; empty if it is not known any more."""
    return ACCOUNTS.get(method, Account("", ()))


def cited(references: Iterable[Reference]) -> str:
    """As a sentence cites them: `(Li et al., 2020; Wilson, 1927)`; "" if there are none."""
    names = "; ".join(reference.short for reference in references)
    return f"({names})" if names else ""


def bibliography(references: Iterable[Reference]) -> str:
    """A BibTeX file's text, each reference once."""
    return "\n\n".join(item.bibtex() for item in dict.fromkeys(references)) + "\n"
