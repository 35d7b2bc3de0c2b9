"""The workbench on one machine: a private PostgreSQL and Redis from wheels, and what runs on them.

Pure Python: nothing here imports Django, so that it can set the environment that settings read.
"""
