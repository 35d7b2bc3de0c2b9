"""Backup and restore of a whole site, database and files (docs/decisions/045).

    TARGET/files/ab/abcd…              each file once, named by its SHA-256: the pool
    TARGET/backups/NAME/manifest.json  what the backup holds, with the SHA-256 of each part
    TARGET/backups/NAME/files.jsonl.gz the files, with their names in the site's storages
    TARGET/backups/NAME/TABLE.copy.gz  the rows of a table, as PostgreSQL's COPY writes them

`places` is where a backup lies, `stored` the files of the site, `tables` the rows; `making` and
`restoring` put them together.
"""
