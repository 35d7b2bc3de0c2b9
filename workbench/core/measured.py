"""What is measured where it happens, by each process; all else is asked of the database when
somebody reads `/metrics` (docs/decisions/046).

Under gunicorn the processes of one server count together (`workbench.gunicorn_hooks`).
"""

from prometheus_client import Histogram

#: The time in which a session's next images are found and leased, within a rater's request.
CLAIM_SECONDS = Histogram(
    "mint_claim_seconds",
    "Time to find and lease a session's next images.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
