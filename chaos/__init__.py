"""Faults made on purpose while simulated raters rate: `python -m chaos`, `make chaos`.

Each row of the table breaks one thing of a running site, waits until it works again, and ends by
reconciling what raters were told had arrived with what is stored.
"""
