"""The pure parts of imports: manifests, folders and archives, images, published databases.

Imports no Django. What a user must fix is raised or listed as `problems.Problem`.
"""
