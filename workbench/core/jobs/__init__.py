"""Long jobs: a database row owns each one, the queue only wakes a worker (docs/decisions/001).

`models.Job` is what their rows have in common, `leases` how workers take and keep them, `queue`
how a worker is woken.
"""
