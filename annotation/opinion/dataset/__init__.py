"""Dataset releases: a kept release of opinion scores as an archive that can be cited
(docs/decisions/037).

`facts` is what there is to say, `rai`, `citation`, `card`, `croissant` and `folder` say it in
the forms that others read, `archive` seals it; all of these are pure.
"""
