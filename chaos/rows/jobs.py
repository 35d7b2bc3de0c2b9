"""Redis and workers end while a model is trained, images are scored, imported and exported."""

import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.site import InsideError, throw_away_folder
from chaos.ledger import longest_silence
from chaos.outcome import Outcome, Plan
from chaos.rows.servers import lose_redis, open_study
from chaos.site import PATIENCE, ChaosSite, Sites, frozen, kill_all, started
from workbench.demo.world import write_world
from workbench.local.supervisor import Program

SLUG = "jobs"
#: Of training, whose embeddings are known: so that it lasts while the others are under way.
_EPOCHS = 20
_DESCRIBED = {"title": "Chaos", "licence": "CC-BY-4.0", "creators": ["Rater, A"]}
_JOBS = {
    "training": "modelops_trainingrun",
    "scoring": "modelops_scoringrun",
    "importing": "annotation_importjob",
    "exporting": "annotation_datasetrelease",
}


#: Seconds of a phase: a lease of half a minute, and two minutes for the work itself.
_PHASE = 150.0


class JobFailedError(RuntimeError):
    """A job that was to succeed did not."""


@dataclass(frozen=True)
class Asked:
    """A job that was asked for: its row's table and number, and the study it imports into."""

    kind: str
    pk: int
    study: str = SLUG

    @property
    def table(self) -> str:
        return _JOBS[self.kind]


class ModelSite:
    """A site with a trained model, and new images whenever they are needed."""

    def __init__(self, site: ChaosSite, folder: Path, images: int) -> None:
        self.site, self._folder, self._images, self._rounds = site, folder, images, 0
        self._end = math.inf
        site.owner.create_study(title=SLUG)
        world = self._world(1)
        self._import(world)
        site.inside("labels", slug=SLUG, truth=str(world / "truth.json"))
        site.inside("crowd", slug=SLUG, number=3, each=images)
        self._release = self._post(f"{SLUG}/releases/", json={"name": "first"})["number"]
        self.finish(self.ask_training())
        run = next(site.owner.listing(SLUG, "scoring-runs"))
        self.finish(Asked("scoring", run["id"]))

    def an_image(self) -> bytes:
        """A file of the first world."""
        return next((self._folder / "world-1" / "images").iterdir()).read_bytes()

    def start_all(self) -> list[Asked]:
        """One job of each kind; the scoring is of images that the model has not seen."""
        self._rounds += 1
        world = self._world(1 + self._rounds)
        self._import(world)
        asked = [self.ask_training(), self._score(), self.ask_export()]
        return [*asked, self._request_import(world, f"imports-{self._rounds}")]

    def state(self, job: Asked) -> tuple[str, int, int]:
        """State, how often it was taken up, and how far it is."""
        row = self.site.rows(
            f"SELECT state, attempts, progress_done FROM {job.table} WHERE id = %s", job.pk
        )
        return (str(row[0][0]), int(row[0][1]), int(row[0][2]))

    def under_way(self, job: Asked) -> bool:
        state, _attempts, done = self.state(job)
        return state in ("succeeded", "failed") or (state == "running" and done > 0)

    def finish(self, job: Asked) -> float:
        """Waits for its end; raises InsideError if it fails. Seconds that it took from now on."""
        taken = self._until(f"{job.kind} ends", lambda: self._is_over(job))
        state = self.state(job)[0]
        if state != "succeeded":
            raise JobFailedError(f"{job.kind} {state}")
        return taken

    def wait_until_moved(self, jobs: list[Asked], since: float) -> dict[str, float]:
        """Seconds from a moment until each job has come further than it is now, or is over."""
        held = {job: self.state(job) for job in jobs}
        waits: dict[str, float] = {}

        def all_moved() -> bool:
            for job in jobs:
                now = self.state(job)
                over = now[0] not in ("queued", "running")
                moved = over or (now[0] == "running" and now[1:] > held[job][1:])
                if moved and job.kind not in waits:
                    waits[job.kind] = time.monotonic() - since
            return len(waits) == len(jobs)

        self._until("all jobs go on", all_moved)
        return waits

    def wait_under_way(self, jobs: list[Asked], number: int) -> None:
        """Until at least so many of them are in the midst of their work, or over."""
        self._until("jobs under way", lambda: sum(map(self.under_way, jobs)) >= number)

    @contextmanager
    def phase(self, outcome: Outcome, name: str, seconds: float = _PHASE) -> Iterator[None]:
        """What takes longer in the block, or fails, breaks the row by this name; what is under way
        then is cancelled, so that the next phase begins as it should."""
        self._end = time.monotonic() + seconds
        try:
            yield
        except (InsideError, JobFailedError) as error:
            outcome.broken.append(f"{name}: {error}")
            self._cancel_all()
        finally:
            self._end = math.inf

    def _until(self, what: str, done: Callable[[], bool]) -> float:
        left = min(self._end - time.monotonic(), PATIENCE)
        return self.site.until(what, done, max(left, 0.0))

    def _cancel_all(self) -> None:
        for table in _JOBS.values():
            self.site.change(
                f"UPDATE {table} SET state = 'cancelled', fence = fence + 1,"
                " finished_at = now(), lease_expires_at = NULL"
                " WHERE state IN ('queued', 'running')"
            )

    def result(self, job: Asked) -> Any:
        """What it made, as a value that another run of the same job can be compared with."""
        return getattr(self, f"_{job.kind}_result")(job)

    def _is_over(self, job: Asked) -> bool:
        return self.state(job)[0] not in ("queued", "running")

    def _training_result(self, job: Asked) -> Any:
        """The weights below the heads."""
        asked = "SELECT backbone_sha256 FROM modelops_modelversion WHERE training_run_id = %s"
        return self.site.rows(asked, job.pk)

    def _scoring_result(self, job: Asked) -> Any:
        """Images without exactly three predictions, of those that were to be scored."""
        asked = """
            SELECT count(*) FROM (
                SELECT unnest(stimulus_ids) AS stimulus FROM modelops_scoringchunk WHERE run_id = %s
            ) AS wanted WHERE 3 <> (
                SELECT count(*) FROM modelops_prediction JOIN modelops_scoringrun AS run
                ON run.model_version_id = modelops_prediction.model_version_id
                WHERE stimulus_id = stimulus AND run.id = %s
            )"""
        return self.site.value(asked, job.pk, job.pk)

    def _importing_result(self, job: Asked) -> Any:
        """Images, and files more or fewer than their rows name."""
        asked = """
            SELECT image, display, thumbnail, study_id FROM annotation_stimulus WHERE study_id =
            (SELECT study_id FROM annotation_importjob WHERE id = %s)"""
        rows = self.site.rows(asked, job.pk)
        named = {name for row in rows for name in row[:3] if name}
        media = self.site.stack.data / "media"
        there = {
            str(path.relative_to(media))
            for path in (media / "studies" / str(rows[0][3])).rglob("*")
            if path.is_file()
        }
        return len(rows), len(named ^ there)

    def _exporting_result(self, job: Asked) -> Any:
        """Archives that there are, less those that rows name."""
        asked = "SELECT archive FROM annotation_datasetrelease WHERE archive <> ''"
        named = {name for (name,) in self.site.rows(asked)}
        artifacts = self.site.stack.data / "artifacts"
        there = {str(path.relative_to(artifacts)) for path in artifacts.rglob("datasets/*/*.zip")}
        return len(named ^ there)

    def ask_import(self) -> Asked:
        """Of the first world again, into a study of its own."""
        self._rounds += 1
        return self._request_import(self._folder / "world-1", f"again-{self._rounds}")

    def end(self, job: Asked) -> None:
        """Waits for its end, whatever that is."""
        self._until(f"{job.kind} ends", lambda: self._is_over(job))

    def ask_training(self) -> Asked:
        body = {"promote_when_done": True, "settings": [f"epochs={_EPOCHS}"]}
        return Asked("training", self._post(f"{SLUG}/training-runs/", json=body)["id"])

    def _score(self) -> Asked:
        return Asked("scoring", self._post(f"{SLUG}/scoring-runs/", json={})["id"])

    def ask_export(self) -> Asked:
        number = self._post(f"{SLUG}/datasets/", json={**_DESCRIBED, "release": self._release})[
            "number"
        ]
        asked = "SELECT id FROM annotation_datasetrelease WHERE number = %s"
        return Asked("exporting", self.site.value(asked, number))

    def _request_import(self, world: Path, title: str) -> Asked:
        slug = str(self.site.owner.create_study(title=title)["slug"])
        archive = shutil.make_archive(str(world), "zip", world / "images")
        with (world / "manifest.csv").open("rb") as manifest, Path(archive).open("rb") as images:
            files = {"manifest": manifest, "images": images}
            return Asked("importing", self._post(f"{slug}/imports/", files=files)["id"], slug)

    def _post(self, path: str, **content: Any) -> dict[str, Any]:
        answer = self.site.owner.send("POST", f"/api/v1/studies/{path}", once=True, **content)
        found: dict[str, Any] = answer.json()
        return found

    def _import(self, world: Path) -> None:
        pictures = str(world / "images")
        self.site.stack.manage(
            "import_stimuli", SLUG, str(world / "manifest.csv"), "--images", pictures
        )

    def _world(self, seed: int) -> Path:
        folder = self._folder / f"world-{seed}"
        write_world(folder, seed=seed, images=self._images)
        # Every world has the same names, and a study takes each once.
        for image in (folder / "images").iterdir():
            image.rename(image.with_name(f"{seed}-{image.name}"))
        for name in ("manifest.csv", "truth.json"):
            text = (folder / name).read_text()
            (folder / name).write_text(text.replace("scene-", f"{seed}-scene-"))
        return folder


@contextmanager
def model_site(sites: Sites, images: int) -> Iterator[ModelSite]:
    """A site of its own, and so many images in each world; small chunks, so that scoring is under
    way for a while."""
    with (
        throw_away_folder() as folder,
        started(folder, sites.say, extra={"SCORING_CHUNK": "8"}) as site,
    ):
        yield ModelSite(site, folder.parent / "worlds", images)


def redis_emptied(plan: Plan, sites: Sites) -> Outcome:
    """Redis is killed and comes back empty while raters rate, a model is trained and scores."""
    with model_site(sites, max(FEW, int(plan.seconds * 3))) as models:
        open_study(models.site, "redis", plan)
        return lose_queue(models, "redis", plan, away=20.0)


def lose_queue(models: ModelSite, slug: str, plan: Plan, *, away: float) -> Outcome:
    site = models.site
    asked = {"seed": plan.seed, "seconds": 900, "pause": plan.pause}
    with site.crowd(slug, plan.raters, **asked) as crowd:
        first = models.start_all()
        models.wait_under_way(first, 1)
        back = lose_redis(site, away=away)
        waits = models.wait_until_moved(first, back)
        for job in first:
            models.finish(job)
        journal = crowd.finish()
    outcome = Outcome({"failed requests": len(journal.failures)})
    outcome.nothing_lost(site.reconciled(slug, journal))
    outcome.demand("0 errors for raters", not journal.failures)
    outcome.figures["longest silence"] = f"{longest_silence(journal):.1f} s"
    for kind, seconds in waits.items():
        outcome.within(f"{kind} goes on after", seconds, 30.0)
    return outcome


#: Images of a world where the work itself is not what is measured.
FEW = 60
#: What is killed of a worker's processes: the children that do the work, the parent, or all.
_KILLS: dict[str, Callable[[ChaosSite], int]] = {
    "children killed": lambda site: kill_all(site.workers()[1:]),
    "parent killed": lambda site: kill_all(site.workers()[:1]),
    "group killed": lambda site: kill_all(site.workers()),
}


def worker_lost(plan: Plan, sites: Sites) -> Outcome:
    """A worker is killed in three ways, with a job of each kind under way."""
    outcome = Outcome()
    with model_site(sites, FEW) as models:
        add_worker(models.site, "worker-2")
        reference = _undisturbed(models)
        for name, kill in _KILLS.items():
            with models.phase(outcome, name):
                lose(models, outcome, reference, name, partial(kill, models.site))
    return outcome


def worker_frozen(plan: Plan, sites: Sites) -> Outcome:
    """Workers stand still with a job of each kind under way, and go on when others have done it."""
    outcome = Outcome()
    with model_site(sites, FEW) as models:
        add_worker(models.site, "worker-2")
        reference = _undisturbed(models)
        with models.phase(outcome, "frozen"):
            freeze(models, outcome, reference)
    return outcome


def _undisturbed(models: ModelSite) -> dict[str, Any]:
    jobs = models.start_all()
    for job in jobs:
        models.finish(job)
    return {job.kind: models.result(job) for job in jobs}


def lose(
    models: ModelSite,
    outcome: Outcome,
    reference: dict[str, Any],
    name: str,
    fault: Callable[[], Any],
) -> None:
    """Does the fault once jobs are under way, and notes the time until the last one goes on."""
    jobs = models.start_all()
    models.wait_under_way(jobs, 2)
    fault()
    waits = models.wait_until_moved(jobs, time.monotonic())
    outcome.within(f"{name}: all goes on after", max(waits.values()), 60.0)
    for job in jobs:
        models.finish(job)
    for job in jobs:
        same = models.result(job) == reference[job.kind]
        outcome.demand(f"{name}: the same result of {job.kind}", same)


def freeze(models: ModelSite, outcome: Outcome, reference: dict[str, Any]) -> None:
    """Every worker stops where it is, a new one takes over, then the old ones go on."""
    site = models.site
    jobs = models.start_all()
    models.wait_under_way(jobs, 2)
    with frozen(site.workers()):
        begun = time.monotonic()
        add_worker(site, "worker-3")
        slowest = max(models.wait_until_moved(jobs, begun).values())
        for job in jobs:
            models.finish(job)
        before = {job: models.state(job) for job in jobs}
    outcome.within("frozen: all goes on after", slowest, 60.0)
    site.watch(15.0)  # what the thawed workers held is another's now: they find out
    for job in jobs:
        outcome.demand(f"frozen: {job.kind} stays over", models.state(job) == before[job])
        same = models.result(job) == reference[job.kind]
        outcome.demand(f"frozen: the same result of {job.kind}", same)


def add_worker(site: ChaosSite, name: str) -> None:
    """One more worker, under the supervisor as the first is."""
    first = site.stack._worker()
    command = [*first.command, "--hostname", f"{name}@%h"]
    site.stack.supervisor.start(Program(name, command, first.env, first.cwd, 3, first.stop_signals))
