"""The loop in one study, stage by stage."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.progress import Counter, Output
from ...local.stack import Stack
from ..client import OwnerClient
from ..crowd import Crowd, Sent, World, members
from ..raters import panel
from ..world import write_world
from .compare import Comparison, compare, csv_departures, holdout_srcc
from .plans import Plan
from .report import Srcc, StudyReport
from .stages import require, stage

_JOB_SECONDS = 240.0


@dataclass(frozen=True)
class Site:
    """What all studies share: everything that runs, and its owner's API."""

    stack: Stack
    client: OwnerClient
    logs: Callable[[], str]
    out: Output

    def say(self, line: str) -> None:
        self.out.write(f"{line}\n")
        self.out.flush()


class StudyCheck:
    """One study, from its images to its export; `report` fills as it goes."""

    def __init__(self, plan: Plan, site: Site, world: Path, report: StudyReport) -> None:
        self.plan = plan
        self.report = report
        self._site = site
        self._client = site.client
        self._world = world
        self._sent: list[Sent] = []
        #: Numbers of the model's versions, in the order of their training.
        self._versions: list[int] = []
        self._wanted: set[str] = set()

    def run(self) -> None:
        """Raises StageError for the first stage that fails."""
        for name, act in self._stages():
            self._site.say(name)
            with stage(self.report, name, self._site.logs):
                act()
        self.report.passed = True

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

    def _detail(self, line: str) -> None:
        self._site.say(f"  {line}")

    def _draw(self) -> None:
        plan = self.plan
        count = Counter("images drawn", self._site.out)
        write_world(self._world, seed=plan.seed, images=plan.images, progress=count)

    def _import(self) -> None:
        plan = self.plan
        self._slug = str(self._client.create_study(**plan.settings())["slug"])
        manifest, images = self._world / "manifest.csv", self._world / "images"
        command = ("import_stimuli", self._slug, str(manifest), "--images", str(images))
        self._site.stack.manage(*command, show=True)
        self._client.change_study(self._slug, status="open")
        found = sum(1 for _row in self._client.listing(self._slug, "stimuli"))
        self.report.stimuli = found
        require(found == plan.images, f"{found} images have been imported")
        raters = self._client.create_raters(self._slug, plan.raters)
        self._crowd = members(raters, panel(plan.seed, plan.raters))

    def _rate(self) -> None:
        self._collect(self.plan.rounds()[0])
        number = len(self._sent)
        require(number > self.plan.required_ratings, f"only {number} ratings were sent")

    def _collect(self, settings: dict[str, Any]) -> None:
        """One session of everybody, at once."""
        self._client.change_study(self._slug, **settings)
        count = Counter("images rated", self._site.out)
        repeat_every = self.plan.repeat_every
        world = World.read(self._world)
        report = Crowd(world, self._crowd, repeat_every=repeat_every, progress=count).rate()
        self._sent += report.sent
        self.report.ratings_sent = len(self._sent)
        self.report.ratings_sent_twice += report.repeated

    def _train(self) -> None:
        run = self._client.retrain(self._slug, promote=False)
        job = self._wait_for("training-runs", run["id"])
        self._versions.append(int(job["model"]))
        self._detail(f"version {self._versions[-1]} is trained")

    def _predict(self) -> None:
        """Every image, from each of the study's perspectives and from no other."""
        run = next(self._client.listing(self._slug, "scoring-runs"))
        self._wait_for("scoring-runs", run["id"])
        predicted = self._predictions(self._versions[-1])
        require(len(predicted) == self.plan.images, f"{len(predicted)} images are predicted")
        for row in predicted:
            keys = list(row["scores"])
            require(
                set(keys) == set(self.plan.scales), f"{row['filename']} is predicted for {keys}"
            )

    def _prioritise(self) -> None:
        self._promote()
        rows = self._client.listing(self._slug, "stimuli", split="pool")
        unrated = [row for row in rows if not row["claimed_ratings"] and row["priority"] > 0]
        unrated.sort(key=lambda row: -float(row["priority"]))
        watched = self.plan.watched
        self._wanted = {row["filename"] for row in unrated[:watched]}
        require(len(self._wanted) == watched, f"{len(unrated)} unrated images have a priority")

    def _rate_prioritised(self) -> None:
        before = len(self._sent)
        self._collect(self.plan.rounds()[1])
        rated = {sent.filename for sent in self._sent[before:]}
        missed = len(self._wanted - rated)
        require(
            not missed, f"{missed} of the {self.plan.watched} images wanted most were not rated"
        )

    def _promote(self) -> None:
        # Of its few images the gate cannot tell which version is better.
        model = self._client.promote(self._slug, self._versions[-1], reason="the self-check")
        active = [
            row["number"]
            for row in self._client.listing(self._slug, "models")
            if row["state"] == "active"
        ]
        require(active == [model["number"]], f"the active models are {active}")

    def _compare(self) -> None:
        with self._client.export(self._slug) as lines:
            found = compare(lines, self._sent, self.plan.caps)
        self._note(found)
        self._check(found)
        with (
            self._client.export(self._slug, "csv") as scores,
            self._client.export(self._slug, "images") as images,
        ):
            departures = csv_departures(scores, images, found.opinions)
        require(not departures, "the CSV: " + "; ".join(departures))
        self._check_srcc()

    def _note(self, found: Comparison) -> None:
        report = self.report
        report.ratings_stored = found.stored
        report.duplicate_ratings = found.duplicates
        report.over_cap_ratings = found.over_cap
        report.pool_stimuli_rated = found.pool_rated
        report.opinion_scores = found.opinions
        report.holdout_srcc_before = self._srcc(self._versions[0], found)
        report.holdout_srcc_after = self._srcc(self._versions[-1], found)

    def _check(self, found: Comparison) -> None:
        described = "; ".join(found.described)
        require(
            not found.departures,
            f"the export departs {found.departures} times from what was sent: {described}",
        )
        require(found.stimuli == self.report.stimuli, f"the export has {found.stimuli} images")
        require(not found.duplicates, f"{found.duplicates} ratings are stored twice")
        require(not found.over_cap, f"{found.over_cap} ratings are beyond the cap")

    def _check_srcc(self) -> None:
        measured, wanted = list(self.report.holdout_srcc_after), list(self.plan.scales)
        require(set(measured) == set(wanted), f"SRCC is measured of {measured}, not of {wanted}")
        mean, required = self.report.mean_srcc_after, self.plan.required_srcc
        require(
            mean >= required,
            f"the retrained model's mean hold-out SRCC is {mean:.3f}, {required} is required",
        )

    def _srcc(self, number: int, found: Comparison) -> Srcc:
        srcc = holdout_srcc(self._predictions(number), found.holdout)
        return {name: round(value, 4) for name, value in srcc.items()}

    def _predictions(self, number: int) -> list[dict[str, Any]]:
        return list(self._client.listing(self._slug, "predictions", model=number))

    def _wait_for(self, kind: str, pk: int) -> dict[str, Any]:
        return self._client.wait_for(self._slug, kind, pk, seconds=_JOB_SECONDS, say=self._detail)
