"""Ratings of single people from an older study, as those of raters of this one (docs/importing.md).

`reading` reads the table, `people` finds and makes raters and their sittings, `service` checks and
writes all of it.
"""
