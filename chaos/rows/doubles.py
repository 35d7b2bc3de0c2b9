"""More of everything than there should be: two schedulers, three workers, one queue."""

from chaos.outcome import Outcome, Plan
from chaos.rows.jobs import FEW, add_worker, model_site
from chaos.rows.servers import open_study
from chaos.site import ChaosSite, Sites
from workbench.local.supervisor import Program

#: Images that were given to workers more than once for one version's predictions.
_SCORED_TWICE = """
SELECT count(*) FROM (
    SELECT 1 FROM (
        SELECT run.model_version_id AS version, unnest(chunk.stimulus_ids) AS stimulus
        FROM modelops_scoringchunk AS chunk JOIN modelops_scoringrun AS run ON run.id = chunk.run_id
        WHERE run.state = 'succeeded'
    ) AS given GROUP BY version, stimulus HAVING count(*) > 1
) AS doubled
"""
#: Jobs of one kind in one study that were under way at the same moment.
_AT_ONCE = """
SELECT count(*) FROM modelops_trainingrun AS one JOIN modelops_trainingrun AS other
ON one.predictor_id = other.predictor_id AND one.id < other.id
AND tstzrange(one.started_at, one.finished_at) && tstzrange(other.started_at, other.finished_at)
"""
#: Seconds in which both schedulers ask for everything that is due.
_SCHEDULED = 25.0


def doubled(plan: Plan, sites: Sites) -> Outcome:
    """Raters rate while a job of each kind is done, and the schedulers ask for the rest."""
    outcome = Outcome()
    with model_site(sites, FEW) as models:
        site = models.site
        for name in ("worker-2", "worker-3"):
            add_worker(site, name)
        _add_beat(site)
        open_study(site, "twice", plan)
        asked = {"seed": plan.seed, "seconds": 900, "pause": plan.pause}
        with site.crowd("twice", plan.raters, **asked) as crowd, models.phase(outcome, "jobs"):
            jobs = models.start_all()
            for job in jobs:
                models.finish(job)
            site.watch(_SCHEDULED)
            journal = crowd.finish()
            outcome.nothing_lost(site.reconciled("twice", journal))
            outcome.demand("0 errors for raters", not journal.failures)
        for job in jobs:
            attempts = models.state(job)[1]
            # A scoring is taken up chunk by chunk, and counted by its images below.
            outcome.demand(f"{job.kind} taken up once ({attempts})", attempts <= 1)
        outcome.figures["schedulers"] = len(site.beat())
        for name, query in {
            "images scored twice": _SCORED_TWICE,
            "trainings at once": _AT_ONCE,
        }.items():
            outcome.figures[name] = found = site.value(query)
            outcome.demand(f"0 {name}", found == 0)
    return outcome


def _add_beat(site: ChaosSite) -> None:
    """One more, with a schedule of its own, as on a second host."""
    first = site.stack._beat()
    schedule = str(site.stack.data / "second-schedule")
    command = [*first.command, "--schedule", schedule]
    site.stack.supervisor.start(Program("beat-2", command, first.env, first.cwd, 3))
