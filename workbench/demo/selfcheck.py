"""The whole loop without a person, on throw-away services and data.

Everything is done from outside, as its users do it: commands, an owner's API token, raters' links.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from annotation.protocol.plan import PLAIN

from ..core.errors import MintError
from ..core.progress import Counter, Output
from ..local.process import last_lines
from ..local.stack import Stack
from .client import OwnerClient, sign_in
from .crowd import Crowd, Member, Sent, World, members
from .raters import panel
from .selfcheck_compare import Comparison, compare, holdout_srcc
from .selfcheck_memory import PeakMemory
from .world import write_world

#: The mean hold-out SRCC that a retrained tiny model must reach.
REQUIRED_SRCC = 0.6
_JOB_SECONDS = 240.0

Srcc = dict[str, float]


class StageError(MintError):
    """A stage that failed; the message names the stage, the reason and where to look."""

    def __init__(self, stage: str, reason: str, logs: str = "") -> None:
        super().__init__(f'stage "{stage}" failed: {reason}' + (f"\n\n{logs}" if logs else ""))
        self.stage = stage


class CheckFailedError(MintError):
    """A stage went through, but not as it must."""


@dataclass(frozen=True)
class Plan:
    """How large the run is. Both rounds together rate 300 images of the pool three times."""

    images: int = 480
    seed: int = 1
    raters: int = 12
    holdout_share: float = 0.2
    holdout_ratings: int = 8
    target_ratings: int = 3
    maximum_ratings: int = 5
    first_images: int = 100
    prioritised_images: int = 200
    #: Images that the first model wants most: all of them must be among those rated next.
    watched: int = 32
    #: Without more ratings than these the run says nothing.
    required_ratings: int = 500
    required_srcc: float = REQUIRED_SRCC
    #: Every so many answers of a rater are sent twice, as after a lost reply.
    repeat_every: int = 10

    @property
    def caps(self) -> dict[str, int]:
        return {"pool": self.maximum_ratings, "holdout": self.holdout_ratings}

    def rounds(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Study settings of both rounds: one session of every rater is the round."""
        holdout = round(self.images * self.holdout_share) * self.holdout_ratings
        first = holdout + self.first_images * self.target_ratings
        second = self.prioritised_images * self.target_ratings
        share = round(min(0.9, holdout / first), 3)
        return (
            {"session_trials": -(-first // self.raters), "holdout_share": share},
            {"session_trials": -(-second // self.raters), "holdout_share": 0.0},
        )


@dataclass
class Report:
    """What `selfcheck.json` says."""

    passed: bool = False
    stimuli: int = 0
    pool_stimuli_rated: int = 0
    ratings_sent: int = 0
    ratings_sent_twice: int = 0
    ratings_stored: int = 0
    duplicate_ratings: int = 0
    over_cap_ratings: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    holdout_srcc_before: Srcc = field(default_factory=dict)
    holdout_srcc_after: Srcc = field(default_factory=dict)
    peak_memory_mib: int = 0
    failed_stage: str | None = None
    error: str | None = None

    @property
    def mean_srcc_after(self) -> float:
        return fmean(self.holdout_srcc_after.values())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class SelfCheck:
    """One run of the loop, stage by stage; `report` fills as it goes."""

    def __init__(self, plan: Plan, out: Output) -> None:
        self.plan = plan
        self.report = Report()
        self._out = out
        self._sent: list[Sent] = []
        self._wanted: set[str] = set()

    def run(self) -> Report:
        """Raises StageError; whatever happens, everything that was started is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="mint-selfcheck-") as folder, PeakMemory() as peak:
            try:
                self._run(Path(folder))
                self.report.passed = True
            except StageError as error:
                self.report.failed_stage, self.report.error = error.stage, error.message
                raise
            finally:
                self.report.peak_memory_mib = round(peak.mib)
        return self.report

    def _run(self, folder: Path) -> None:
        password = secrets.token_urlsafe(12)
        self._stack = Stack(
            folder / "data",
            durable=False,
            extra={"DJANGO_SUPERUSER_PASSWORD": password},
            say=self._say,
        )
        self._world = folder / "world"
        with ExitStack() as open_things:
            with self._stage("start"):
                open_things.enter_context(self._stack)
                self._client = open_things.enter_context(self._owner(password))
            for name, act in self._stages():
                with self._stage(name):
                    act()

    def _stages(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("draw", self._draw),
            ("import", self._import),
            ("rate", self._rate),
            ("train", self._train),
            ("predict", self._predict),
            ("promote and prioritise", self._prioritise),
            ("rate the prioritised", self._rate_prioritised),
            ("retrain", self._train),
            ("predict again", self._predict),
            ("promote", self._promote),
            ("export and compare", self._compare),
        ]

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._say(name)
        begun = time.monotonic()
        try:
            yield
        except MintError as error:
            raise StageError(name, error.message, self._logs()) from error
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise StageError(name, said, self._logs()) from error
        except BaseException:
            self.report.failed_stage = name
            raise
        finally:
            self.report.seconds[name] = round(time.monotonic() - begun, 1)

    def _logs(self) -> str:
        """The last words of web server and worker: their files are deleted with the rest."""
        logs = [self._stack.data / "log" / f"{name}.log" for name in ("web", "worker")]
        return "\n".join(f"The end of {log.name}:\n{last_lines(log)}" for log in logs)

    def _say(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()

    def _detail(self, line: str) -> None:
        self._say(f"  {line}")

    def _owner(self, password: str) -> OwnerClient:
        self._stack.manage(
            *("createsuperuser", "--noinput", "--username", "owner"),
            *("--email", "owner@example.org"),
        )
        url = self._stack.base_url
        return OwnerClient(url, sign_in(url, "owner", password), sleep=self._watchful_sleep)

    def _watchful_sleep(self, seconds: float) -> None:
        """While a job is waited for, a server that ended is noticed, a worker started again."""
        self._stack.supervisor.check()
        time.sleep(seconds)

    def _draw(self) -> None:
        plan = self.plan
        count = Counter("images drawn", self._out)
        write_world(self._world, seed=plan.seed, images=plan.images, progress=count)

    def _import(self) -> None:
        plan = self.plan
        study = self._client.create_study(
            title="Self-check",
            target_ratings=plan.target_ratings,
            maximum_ratings=plan.maximum_ratings,
            holdout_ratings=plan.holdout_ratings,
            holdout_share=plan.holdout_share,
            session_plan=PLAIN.to_json(),
        )
        self._slug = str(study["slug"])
        manifest, images = self._world / "manifest.csv", self._world / "images"
        command = ("import_stimuli", self._slug, str(manifest), "--images", str(images))
        self._stack.manage(*command, show=True)
        self._client.change_study(self._slug, status="open")
        self.report.stimuli = sum(1 for _row in self._client.listing(self._slug, "stimuli"))
        _require(
            self.report.stimuli == plan.images, f"{self.report.stimuli} images have been imported"
        )
        raters = self._client.create_raters(self._slug, plan.raters)
        self._crowd = members(raters, panel(plan.seed, plan.raters))

    def _rate(self) -> None:
        self._collect(self._crowd, self.plan.rounds()[0])
        number = len(self._sent)
        _require(number > self.plan.required_ratings, f"only {number} ratings were sent")

    def _collect(self, crowd: list[Member], settings: dict[str, Any]) -> None:
        """One session of everybody, at once."""
        self._client.change_study(self._slug, **settings)
        count = Counter("images rated", self._out)
        report = Crowd(
            World.read(self._world), crowd, repeat_every=self.plan.repeat_every, progress=count
        ).rate()
        self._sent += report.sent
        self.report.ratings_sent = len(self._sent)
        self.report.ratings_sent_twice += report.repeated

    def _train(self) -> None:
        run = self._client.retrain(self._slug, promote=False)
        job = self._wait_for("training-runs", run["id"])
        self._number = int(job["model"])
        self._detail(f"version {self._number} is trained")

    def _predict(self) -> None:
        run = next(self._client.listing(self._slug, "scoring-runs"))
        self._wait_for("scoring-runs", run["id"])
        predicted = len(self._predictions(self._number))
        _require(predicted == self.plan.images, f"{predicted} images are predicted")

    def _prioritise(self) -> None:
        self._promote()
        rows = self._client.listing(self._slug, "stimuli", split="pool")
        unrated = [row for row in rows if not row["claimed_ratings"] and row["priority"] > 0]
        unrated.sort(key=lambda row: -float(row["priority"]))
        watched = self.plan.watched
        self._wanted = {row["filename"] for row in unrated[:watched]}
        _require(len(self._wanted) == watched, f"{len(unrated)} unrated images have a priority")

    def _rate_prioritised(self) -> None:
        before = len(self._sent)
        self._collect(self._crowd, self.plan.rounds()[1])
        rated = {sent.filename for sent in self._sent[before:]}
        missed = len(self._wanted - rated)
        _require(
            not missed, f"{missed} of the {self.plan.watched} images wanted most were not rated"
        )

    def _promote(self) -> None:
        model = self._client.promote(self._slug, self._number)
        active = [
            row["number"]
            for row in self._client.listing(self._slug, "models")
            if row["state"] == "active"
        ]
        _require(active == [model["number"]], f"the active models are {active}")

    def _compare(self) -> None:
        with self._client.export(self._slug) as lines:
            found = compare(lines, self._sent, self.plan.caps)
        report = self.report
        report.ratings_stored = found.stored
        report.duplicate_ratings = found.duplicates
        report.over_cap_ratings = found.over_cap
        report.pool_stimuli_rated = found.pool_rated
        report.holdout_srcc_before = self._srcc(1, found)
        report.holdout_srcc_after = self._srcc(self._number, found)
        _require(
            found.departures == 0,
            f"the export departs {found.departures} times from what was sent: "
            + "; ".join(found.described),
        )
        _require(found.stimuli == report.stimuli, f"the export has {found.stimuli} images")
        _require(not found.duplicates, f"{found.duplicates} ratings are stored twice")
        _require(not found.over_cap, f"{found.over_cap} ratings are beyond the cap")
        _require(
            report.mean_srcc_after >= self.plan.required_srcc,
            f"the retrained model's mean hold-out SRCC is {report.mean_srcc_after:.3f}, "
            f"{self.plan.required_srcc} is required",
        )

    def _srcc(self, number: int, found: Comparison) -> Srcc:
        srcc = holdout_srcc(self._predictions(number), found.holdout)
        return {name: round(value, 4) for name, value in srcc.items()}

    def _predictions(self, number: int) -> list[dict[str, Any]]:
        return list(self._client.listing(self._slug, "predictions", model=number))

    def _wait_for(self, kind: str, pk: int) -> dict[str, Any]:
        return self._client.wait_for(self._slug, kind, pk, seconds=_JOB_SECONDS, say=self._detail)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CheckFailedError(otherwise)


def table(report: Report) -> list[str]:
    """The report for a person."""
    facts = [
        ("images", report.stimuli),
        ("images of the pool that were rated", report.pool_stimuli_rated),
        ("ratings sent", report.ratings_sent),
        ("  of these, sent twice", report.ratings_sent_twice),
        ("ratings stored", report.ratings_stored),
        ("duplicate ratings", report.duplicate_ratings),
        ("ratings over the cap", report.over_cap_ratings),
        ("peak memory, MiB", report.peak_memory_mib),
    ]
    lines = [f"{'stage':<36}{'seconds':>10}"]
    lines += [f"{name:<36}{seconds:>10.1f}" for name, seconds in report.seconds.items()]
    lines += [f"{'all':<36}{sum(report.seconds.values()):>10.1f}", ""]
    lines += [f"{name:<36}{value:>10}" for name, value in facts]
    if report.holdout_srcc_after:
        lines += ["", f"{'hold-out SRCC':<36}{'first':>10}{'retrained':>10}"]
    for name in report.holdout_srcc_after:
        before, after = report.holdout_srcc_before[name], report.holdout_srcc_after[name]
        lines.append(f"{name:<36}{before:>10.3f}{after:>10.3f}")
    return lines
