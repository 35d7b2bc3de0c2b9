"""Agreement, reliability and planning of subjective tests, from votes in sparse long form. Pure."""

from .alpha import Level, krippendorff_alpha
from .base import AgreementError, Measure
from .components import Components, one_way_components, two_way_components
from .halves import split_half
from .icc import Form, Intraclass, intraclass, intraclass_correlations
from .retest import Retest, retest_agreement
from .sos import sos_of_published, sos_parameter

__all__ = [
    "AgreementError",
    "Components",
    "Form",
    "Intraclass",
    "Level",
    "Measure",
    "Retest",
    "intraclass",
    "intraclass_correlations",
    "krippendorff_alpha",
    "one_way_components",
    "retest_agreement",
    "sos_of_published",
    "sos_parameter",
    "split_half",
    "two_way_components",
]
