"""A dataset release becomes a study of this server (docs/importing.md).

`opening` checks and reads the archive, `people` makes protocols, raters and sittings, `images`
images and what was published about them, `answers` what raters said, `service` all of it or
nothing.
"""
