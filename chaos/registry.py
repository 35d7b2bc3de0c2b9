"""Every row of the table, in its order."""

from chaos.outcome import Row
from chaos.rows import browser, doubles, jobs, servers, stalling, storage

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
        "database-full",
        "PostgreSQL's disk is full for 12 s",
        f"{_LOST_NONE}; serving ≤ 5 s after there is room",
        storage.database_full,
    ),
    Row(
        "files-full",
        "disks for images, for uploads, models and archives, for caches, for temporary files are "
        "full, one after the other, while images are imported, a model is trained, a dataset made",
        "a sentence that names no folder, nothing half-kept; works once there is room",
        storage.files_full,
    ),
    Row(
        "bucket",
        "the bucket does not answer while raters rate, images are imported, a model is trained and "
        "a dataset made",
        f"{_LOST_NONE}, 0 errors for raters; a sentence, nothing half-kept; works once it is back",
        storage.bucket_away,
    ),
    Row(
        "twice",
        "two schedulers and three workers on one queue, while raters rate",
        f"{_LOST_NONE}, 0 errors; each job taken up once, no image scored twice",
        doubles.doubled,
    ),
    Row(
        "browser",
        "a real browser: network cut for twice the time, clock a day on, then a day behind, "
        "double click, two tabs",
        "one rating each, none lost",
        browser.browser_troubled,
    ),
]
