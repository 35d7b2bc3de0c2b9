"""The demo study: an owner, pictures, the ratings of a simulated crowd, a first model.

Every step looks at what is there and does what is missing, so that it can be interrupted anywhere
and begun again. Ratings and models come about over HTTP, as people's do.
"""

import math
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.urls import reverse

from annotation.models import Rater, RatingSession, Stimulus, Study
from annotation.protocol.plan import SessionPlan
from annotation.protocol.sessions import SessionState
from annotation.raters.access import rater_link
from annotation.raters.services import create_raters
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from annotation.studies.services import create_study, set_status
from annotation.studies.texts import DEFAULT_CONSENT, DEFAULT_INSTRUCTIONS

from ..accounts.models import ApiToken, TokenScope, User
from ..core.errors import MintError
from ..core.progress import Counter, Output
from .pictures.shipped import FOLDER

if TYPE_CHECKING:
    from .client import OwnerClient

OWNER = "owner"
SLUG = "six-generators"
TITLE = "Pictures by six generators"
_JOB_SECONDS = 600.0
#: A visitor's session is short, and so is its practice.
_SESSION = SessionPlan(stabilisation_trials=3)

Say = Callable[[str], None]


class SeedError(MintError):
    """The demo study cannot be made."""

    code = "seed"


@dataclass(frozen=True)
class Plan:
    """How much is rated, by whom. The images are those that are shipped: `images` that count, and
    others with known scores."""

    images: int = 66
    seed: int = 1
    raters: int = 12
    holdout_share: float = 0.2
    holdout_ratings: int = 8
    #: Images of the pool that the crowd rates; the others are left to the visitor.
    rated: int = 32
    target_ratings: int = 3
    #: The length of a visitor's session.
    visitor_trials: int = 20
    session: SessionPlan = _SESSION

    @property
    def holdout_trials(self) -> int:
        """Expected: whole prompts are held out, within one of the share."""
        return round(self.images * self.holdout_share) * self.holdout_ratings

    @property
    def main_trials(self) -> int:
        """Of the crowd, those that count."""
        return self.holdout_trials + self.rated * self.target_ratings

    @property
    def session_trials(self) -> int:
        """One session of each rater is all of the crowd's work: images that count, and checks."""
        checks = self.session.repeat_share + self.session.gold_share
        main = self.main_trials / self.raters / (1 - checks)
        return math.ceil(main) + self.session.stabilisation_trials

    @property
    def crowd_share(self) -> float:
        """Share of draws from the hold-out, so that it is full when the crowd is done."""
        return min(0.9, self.holdout_trials / self.main_trials)


@dataclass(frozen=True)
class Seeded:
    """What a visitor needs."""

    username: str
    #: None if the owner has chosen another one.
    password: str | None
    study_path: str
    rater_path: str


class Seeder:
    """Makes the demo study on a site that runs.

    Args:
        data: the site's data folder.
        base_url: where its web server answers.
        out: for counts of what takes long.
    """

    def __init__(self, data: Path, base_url: str, out: Output, plan: Plan = Plan()) -> None:
        self.data = data
        self.base_url = base_url
        self.plan = plan
        self._out = out

    def run(self) -> Seeded:
        """Raises SeedError and the named errors of its steps."""
        owner = self._owner()
        study = Study.objects.filter(slug=SLUG).first() or self._create_study(owner)
        if study.owner != owner:
            raise SeedError(
                f'the study "{SLUG}" belongs to {study.owner.username}, not to {OWNER}; '
                "rename or delete one of them and start again"
            )
        if not _has_model(study):
            self._fill(study, owner)
        return Seeded(OWNER, self._password(owner), study.get_absolute_url(), self._visitor(study))

    def _say(self, line: str) -> None:
        self._out.write(f"  {line}\n")
        self._out.flush()

    def _password_file(self) -> Path:
        return self.data / "secrets" / "owner_password"

    def _owner(self) -> User:
        found = User.objects.filter(username=OWNER).first()
        if found is not None:
            return found
        # An administrator, so that whoever tries the demo also sees the pages about people.
        return User.objects.create_user(
            OWNER, password=_kept_secret(self._password_file()), is_staff=True
        )

    def _password(self, owner: User) -> str | None:
        file = self._password_file()
        password = file.read_text().strip() if file.exists() else ""
        return password if password and owner.check_password(password) else None

    def _create_study(self, owner: User) -> Study:
        plan = self.plan
        return create_study(
            owner=owner,
            title=TITLE,
            slug=SLUG,
            consent=DEFAULT_CONSENT,
            instructions=DEFAULT_INSTRUCTIONS,
            target_ratings=plan.target_ratings,
            holdout_ratings=plan.holdout_ratings,
            holdout_share=plan.holdout_share,
            teaching_share=0.0,  # it shows scores to publish
            session_trials=plan.visitor_trials,
            session_plan=plan.session.to_json(),
        )

    def _fill(self, study: Study, owner: User) -> None:
        from .client import OwnerClient, quiet

        quiet()
        self._say(f'making the demo study "{TITLE}": this takes about a minute, once')
        for purpose in Stimulus.Purpose:
            self._import(study, owner, purpose)
        if study.status == Study.Status.DRAFT:
            set_status(study=study, actor=owner, status=Study.Status.OPEN)
        with _token(owner) as token, OwnerClient(self.base_url, token) as client:
            self._rate(client)
            self._train(client)

    def _import(self, study: Study, owner: User, purpose: str) -> None:
        said = Stimulus.Purpose(purpose).label
        report = import_manifest(
            study=study,
            manifest=FOLDER / purpose / "manifest.csv",
            images=FOLDER / purpose / "images",
            actor=owner,
            progress=Counter(f"{said.lower()} images imported", self._out),
            options=ImportOptions(purpose=purpose),
        )
        if report.rejected:
            raise SeedError(
                f"{len(report.rejected)} images of {FOLDER} were refused, the first one with "
                f'"{report.rejected[0].message}"; the files differ from those of the project'
            )

    def _rate(self, client: "OwnerClient") -> None:
        """One session of each simulated rater who has not had one yet."""
        from .crowd import Crowd, World, members
        from .raters import panel

        plan = self.plan
        made = sorted(client.listing(SLUG, "raters"), key=lambda rater: str(rater["created_at"]))
        if len(made) < plan.raters:
            made += client.create_raters(SLUG, plan.raters - len(made))
        # By code, so that a rater is played by the same person after an interruption.
        made = sorted(made[: plan.raters], key=lambda rater: str(rater["code"]))
        crowd = members(made, panel(plan.seed, plan.raters))
        done = _codes_of_the_done(SLUG)
        waiting = [member for member in crowd if member.code not in done]
        if not waiting:
            return
        client.change_study(
            SLUG, session_trials=plan.session_trials, holdout_share=round(plan.crowd_share, 3)
        )
        try:
            count = Counter("images rated by simulated raters", self._out)
            world = World.read(*(FOLDER / purpose for purpose in Stimulus.Purpose))
            Crowd(world, waiting, progress=count).rate()
        finally:
            client.change_study(
                SLUG, session_trials=plan.visitor_trials, holdout_share=plan.holdout_share
            )

    def _train(self, client: "OwnerClient") -> None:
        """The first model: trained, scored, and in use, as there is no better one."""
        from .client import ApiError

        try:
            run = client.retrain(SLUG, promote=True)
        except ApiError as error:
            if error.code != "run_active":
                raise
            run = next(client.listing(SLUG, "training-runs"))
        client.wait_for(SLUG, "training-runs", run["id"], seconds=_JOB_SECONDS, say=self._say)
        scoring = next(client.listing(SLUG, "scoring-runs"))
        client.wait_for(SLUG, "scoring-runs", scoring["id"], seconds=_JOB_SECONDS, say=self._say)
        model = next(client.listing(SLUG, "models"))
        if model["state"] == "candidate":
            client.promote(SLUG, model["number"])

    def _visitor(self, study: Study) -> str:
        """The link of a rater who has images left: nobody has finished a session with it."""
        over = [SessionState.DONE, SessionState.WITHDRAWN]
        fresh = study.raters.filter(status=Rater.Status.ACTIVE).exclude(sessions__state__in=over)
        rater = fresh.order_by("pk").first()
        if rater is None:
            (rater,) = create_raters(study=study, count=1, actor=study.owner)
        return rater_link(rater)


def _codes_of_the_done(slug: str) -> set[str]:
    done = RatingSession.objects.filter(rater__study__slug=slug, state=SessionState.DONE)
    return set(done.values_list("rater__code", flat=True))


def _has_model(study: Study) -> bool:
    from modelops.registry.selectors import active_version

    return active_version(study) is not None


def _kept_secret(file: Path) -> str:
    """The password in `file`, generated and written there first if missing."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(12) + "\n")
    except FileExistsError:
        pass
    return file.read_text().strip()


@contextmanager
def _token(owner: User) -> Iterator[str]:
    """An API token for as long as the block runs."""
    row, token = ApiToken.objects.create(
        owner, name="demo", scopes=list(TokenScope), expiry=timedelta(hours=1)
    )
    try:
        yield token
    finally:
        row.delete()


def summary(seeded: Seeded, base_url: str) -> list[str]:
    """What is printed at the end."""
    password = seeded.password or "(the one that you set)"
    return [
        f"study   {base_url}{seeded.study_path}",
        f"login   {seeded.username}   password {password}",
        f"rater   {base_url}{seeded.rater_path}",
        f"API     {base_url}{reverse('api-docs')}",
    ]
