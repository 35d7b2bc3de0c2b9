"""The version of the workbench, as in pyproject.toml."""

VERSION = "0.1.0"
