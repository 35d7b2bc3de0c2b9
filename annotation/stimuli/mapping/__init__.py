"""What the columns of a table of images and published scores mean: a mapping, which is a document.

The manifest's own columns, the layouts of databases (`presets`) and what people write are all
mappings. Pure: imports no Django. What a user must fix is raised as `problems.Problem`.
"""
