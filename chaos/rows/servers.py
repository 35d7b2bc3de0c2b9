"""Web workers, PostgreSQL and Redis end while raters rate."""

import shutil
import time
from collections.abc import Callable

from chaos.ledger import longest_silence, served_after
from chaos.outcome import Outcome, Plan
from chaos.site import ChaosSite, Sites, end_server, kill_all

#: An image's ratings: few, so that raters compete for the last places of many images.
_WANTED = 3
#: More than raters give on any machine that this was tried on.
_RATINGS_PER_SECOND = 120


def open_study(site: ChaosSite, slug: str, plan: Plan) -> None:
    """A study whose images last for the row."""
    images = int(max(plan.seconds, 20) * _RATINGS_PER_SECOND / _WANTED)
    site.inside("study", slug=slug, images=images, wanted=_WANTED)
    site.inside("analyze")


def rate_through(
    site: ChaosSite, slug: str, plan: Plan, fault: Callable[[], float | None]
) -> Outcome:
    """Raters rate; after a while `fault` is done, which says when all was there again, if they
    could not rate meanwhile; they rate on for a while. Then everything is reconciled."""
    outcome, ahead = Outcome(), min(5.0, plan.seconds / 4)
    asked = {"seed": plan.seed, "seconds": 20 * plan.seconds + 600, "pause": plan.pause}
    with site.crowd(slug, plan.raters, **asked) as crowd:
        site.watch(ahead)
        begun = time.monotonic()
        back = fault()
        taken = time.monotonic() - begun
        site.watch(max(plan.seconds - ahead - taken, min(10.0, plan.seconds / 2)))
        journal = crowd.finish()
    outcome.figures["failed requests"] = len(journal.failures)
    outcome.nothing_lost(site.reconciled(slug, journal))
    if back is not None:
        outcome.within("serving again after", served_after(journal, back), 5.0)
    outcome.figures["longest silence"] = f"{longest_silence(journal):.1f} s"
    return outcome


def web_killed(plan: Plan, sites: Sites) -> Outcome:
    site = sites.common()
    open_study(site, "web", plan)
    return kill_web(site, "web", plan)


def kill_web(site: ChaosSite, slug: str, plan: Plan, every: float = 5.0) -> Outcome:
    """All processes that answer requests at once, every so many seconds."""
    killed = 0
    asked = {"seed": plan.seed, "seconds": plan.seconds, "pause": plan.pause}
    with site.crowd(slug, plan.raters, **asked) as crowd:
        over = time.monotonic() + plan.seconds
        while over - time.monotonic() > every:
            site.watch(every)
            killed += kill_all(site.web_workers())
        journal = crowd.finish()
    outcome = Outcome({"killed": killed, "failed requests": len(journal.failures)})
    outcome.nothing_lost(site.reconciled(slug, journal))
    outcome.within("longest silence", longest_silence(journal), 1.0)
    return outcome


def postgres_stopped(plan: Plan, sites: Sites) -> Outcome:
    site = sites.common()
    open_study(site, "postgres-stopped", plan)
    return end_postgres(site, "postgres-stopped", plan, away=20.0, kill=False)


def postgres_killed(plan: Plan, sites: Sites) -> Outcome:
    site = sites.common()
    open_study(site, "postgres-killed", plan)
    return end_postgres(site, "postgres-killed", plan, away=2.0, kill=True)


def empty_redis(site: ChaosSite, slug: str, plan: Plan, *, away: float) -> Outcome:
    """Redis is killed and comes back without its data, while raters rate."""

    def fault() -> None:
        lose_redis(site, away=away)

    return rate_through(site, slug, plan, fault)


def lose_redis(site: ChaosSite, *, away: float) -> float:
    """Kills Redis, deletes its data and starts it again; the moment when it answers."""
    end_server(site.redis, kill=True)
    shutil.rmtree(site.redis.home / "appendonlydir", ignore_errors=True)
    time.sleep(away)
    site.redis.start_again()
    return time.monotonic()


def end_postgres(site: ChaosSite, slug: str, plan: Plan, *, away: float, kill: bool) -> Outcome:
    def fault() -> float:
        end_server(site.postgres, kill=kill)
        time.sleep(away)
        site.postgres.start_again()
        return time.monotonic()

    return rate_through(site, slug, plan, fault)
