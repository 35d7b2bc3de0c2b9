"""Sources of imports that are elsewhere: `https:`, `s3:`, `hf:`. Off unless an operator lists them.

Imports no Django. What a person or an operator must fix is raised as `errors.RemoteError`.
"""
