"""Named protocols: what a study is set to if its owner chooses one by name.

Figures come from Recommendations ITU-R BT.500-15 (television pictures; sittings of up to half an
hour, at least 15 observers, five stabilising presentations), ITU-T P.910 (10/2023; absolute
category rating of images), ITU-T P.913 (06/2021; 35 subjects if the surroundings are not under
control) and ITU-T P.808 (06/2021; short tasks for crowds, gold questions among them), and from
AIGCIQA2023 (arXiv 2307.00211) with its explanations (MINT-IQA, arXiv 2405.07346).
"""

from dataclasses import dataclass, replace
from typing import Any

from workbench.core.texts import gettext_noop

from ..protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from ..protocol.forms import ExplanationForm
from ..protocol.perspectives import PerspectiveSettings
from ..protocol.plan import SessionPlan
from ..protocol.reliability_rules import Effect, ReliabilityRules, Rule
from ..protocol.scales import ACR5, SLIDER5, Scale
from ..protocol.viewing import ViewingChecks

#: A failed rule is shown to the owner, who decides.
_NOTED = ReliabilityRules()
#: A rater looks wherever they are.
_ANYWHERE = ViewingChecks()


@dataclass(frozen=True)
class Preset:
    """A protocol: every setting of a study that it decides, and what it is meant for."""

    key: str
    name: str
    #: What it is meant for, and the Recommendation that it follows.
    purpose: str
    #: What is asked, on which scales.
    perspectives: tuple[PerspectiveSettings, ...]
    form: ExplanationForm
    plan: SessionPlan
    #: Ratings per image: of the first pass, at most, and of the hold-out.
    target_ratings: int
    maximum_ratings: int
    holdout_ratings: int
    #: Trials of one session, whatever their role.
    session_trials: int
    #: Of the prompts.
    holdout_share: float
    #: Of the draws from the pool.
    audit_share: float
    #: Of the draws by priority, those for images with the fewest ratings (`protocol.goal`).
    teaching_share: float = 0.0
    #: What happens to raters who fail.
    rules: ReliabilityRules = _NOTED
    #: Of screen and eyes, before a session.
    viewing: ViewingChecks = _ANYWHERE

    def settings(
        self, scale: Scale | None = None, form: ExplanationForm | None = None
    ) -> dict[str, Any]:
        """The study's settings, by their names; with another form, or one scale for all
        perspectives, if it is given."""
        perspectives = self.perspectives
        if scale is not None:
            perspectives = tuple(replace(item, scale=scale) for item in perspectives)
        return {
            "perspectives": [item.to_json() for item in perspectives],
            "explanation_form": (self.form if form is None else form).to_json(),
            "session_plan": self.plan.to_json(),
            "reliability_rules": self.rules.to_json(),
            "viewing_checks": self.viewing.to_json(),
            "target_ratings": self.target_ratings,
            "maximum_ratings": self.maximum_ratings,
            "holdout_ratings": self.holdout_ratings,
            "session_trials": self.session_trials,
            "holdout_share": self.holdout_share,
            "audit_share": self.audit_share,
            "teaching_share": self.teaching_share,
        }


#: Few ratings, on the images that the model asks for; docs/decisions/005 has the figures.
ACTIVE_LEARNING = Preset(
    key="active-learning",
    name=gettext_noop("Active learning"),
    purpose=gettext_noop(
        "For teaching the model with few ratings: the images it knows least about come "
        "first; a random share of draws and a well-rated hold-out keep the sample honest. "
        "Sessions follow ITU-R BT.500-15."
    ),
    perspectives=default_perspectives(ACR5),
    form=AIGCIQA2023_FORM,
    plan=SessionPlan(),
    target_ratings=3,
    maximum_ratings=5,
    holdout_ratings=15,
    session_trials=50,
    holdout_share=0.2,
    audit_share=0.12,
    teaching_share=1.0,
)
#: BT.500-15 wants 15 observers after screening: three more may be screened out. All images get the
#: same number, so a hold-out costs nothing, and every draw is random.
LAB_ACR = Preset(
    key="lab-acr",
    name=gettext_noop("Lab ACR"),
    purpose=gettext_noop(
        "For a room under your control: five categories and no explanations, 18 raters per image "
        "so that at least 15 remain after screening, sittings of up to half an hour. After "
        "ITU-R BT.500-15 and ITU-T P.910."
    ),
    perspectives=default_perspectives(ACR5),
    form=ExplanationForm(),
    plan=SessionPlan(
        practice_trials=5,
        stabilisation_trials=5,
        repeat_share=0.05,
        gold_share=0.0,
        rest_after_minutes=15,
        rest_seconds=60,
        session_minutes=30,
    ),
    target_ratings=18,
    maximum_ratings=18,
    holdout_ratings=18,
    session_trials=100,
    holdout_share=0.2,
    audit_share=1.0,
    # BT.500-15 has observers screened for acuity and colour vision.
    viewing=ViewingChecks(acuity=True, plates=True),
)
#: The P.808 toolkit puts one gold and one trapping question among ten clips. Here a tenth is gold
#: and a tenth repeated; two stabilising trials are what twenty can spare. Three sessions a day.
#: A missed attention check ends the session, as P.808 drops raters who miss one. So do gold scores
#: if fewer than half are within a level, once there are six, a session's worth. Of honest raters,
#: with 85 % of their scores within, P(X ≤ 2 of 6) = 0.6 % fail; of raters who click at random on
#: images at an end of the scale, with 2 of 5 levels within, 54 %. The toolkit's 80 % would stop
#: 22 % of the honest.
CROWD_ACR = Preset(
    key="crowd-acr",
    name=gettext_noop("Crowd ACR"),
    purpose=gettext_noop(
        "For many strangers on their own screens: five categories, sessions of ten minutes with "
        "gold images and hidden repeats, 35 raters per image because their surroundings differ. "
        "After ITU-T P.808, P.910 and P.913."
    ),
    perspectives=default_perspectives(ACR5),
    form=ExplanationForm(),
    plan=SessionPlan(
        practice_trials=5,
        stabilisation_trials=2,
        repeat_share=0.1,
        gold_share=0.1,
        rest_after_minutes=0,
        rest_seconds=0,
        session_minutes=10,
        daily_trials=60,
    ),
    target_ratings=35,
    maximum_ratings=35,
    holdout_ratings=35,
    session_trials=20,
    holdout_share=0.2,
    audit_share=1.0,
    rules=ReliabilityRules(gold=Rule(0.5, 6, Effect.STOP), attention=Rule(0, 1, Effect.STOP)),
    viewing=ViewingChecks(
        minimum_width=1000, minimum_height=600, phones=False, greys=True, plates=True, acuity=True
    ),
)
#: 28 raters gave each of 2,400 images three scores on a continuous scale; every score counted. Its
#: official split is 4:1. How long its sittings were is not published; here they follow BT.500-15,
#: whose procedure it names.
AIGCIQA2023 = Preset(
    key="aigciqa2023",
    name=gettext_noop("AIGCIQA2023 replica"),
    purpose=gettext_noop(
        "For scores that can be compared with AIGCIQA2023+: its slider and its explanations, "
        "28 raters per image, every rating counts. Sittings follow ITU-R BT.500-15."
    ),
    perspectives=default_perspectives(SLIDER5),
    form=AIGCIQA2023_FORM,
    plan=SessionPlan(stabilisation_trials=0, repeat_share=0.0, gold_share=0.0),
    target_ratings=28,
    maximum_ratings=28,
    holdout_ratings=28,
    session_trials=100,
    holdout_share=0.2,
    audit_share=1.0,
)
#: In the order in which they are offered.
PRESETS: dict[str, Preset] = {
    preset.key: preset for preset in (ACTIVE_LEARNING, LAB_ACR, CROWD_ACR, AIGCIQA2023)
}
