"""Pure parts of the import: manifests, folders and archives, images, published databases.

Imports no Django. What a user must fix is raised or listed as `problems.Problem`.
"""
