"""Every row of the table, in its order."""

from chaos.outcome import Row
from chaos.rows import browser, jobs, servers, stalling

_LOST_NONE = "0 acknowledged ratings lost, 0 over a cap, 0 seen twice"

ROWS = [
    Row(
        "web",
        "all web workers killed −9 every 5 s",
        f"{_LOST_NONE}; longest silence ≤ 1 s",
        servers.web_killed,
    ),
    Row(
        "postgres-stopped",
        "PostgreSQL stopped for 20 s",
        f"{_LOST_NONE}; serving ≤ 5 s after it is back",
        servers.postgres_stopped,
    ),
    Row(
        "postgres-killed",
        "PostgreSQL killed −9, started 2 s later",
        f"{_LOST_NONE}; serving ≤ 5 s after it is back",
        servers.postgres_killed,
    ),
    Row(
        "redis",
        "Redis killed for 20 s and back empty, while all kinds of jobs are under way",
        f"{_LOST_NONE}, 0 errors; work goes on by itself ≤ 30 s after",
        jobs.redis_emptied,
    ),
    Row(
        "worker",
        "workers killed −9 (children, a parent, all) while they train, score, import and export",
        "goes on ≤ 60 s; same weights, same predictions, same files",
        jobs.worker_lost,
    ),
    Row(
        "frozen",
        "workers stand still while they train, score, import and export, and go on when others "
        "have done it",
        "goes on ≤ 60 s; same weights, same predictions, same files; nothing done twice",
        jobs.worker_frozen,
    ),
    Row(
        "stall",
        "worker frozen and 28 uploads at once; 24 unfinished request headers; bodies of 60 MiB",
        "rating p95 within 2 times that of a calm time, through the proxy",
        stalling.stalled,
    ),
    Row(
        "browser",
        "a real browser: network cut for twice the time, clock a day on, then a day behind, "
        "double click, two tabs",
        "one rating each, none lost",
        browser.browser_troubled,
    ),
]
