#!/usr/bin/env python
"""Django's command line for MINT Workbench."""

import os
import sys

_FIX = (
    "start the services with `make demo` and, in this terminal, load their addresses with "
    "`. var/env`; or run the command as `make manage CMD='...'`; on a server, load its settings "
    "first (docs/deployment.md)"
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from workbench.core.environment import EnvironmentFileError
    from workbench.core.keys import WeakKeyError

    try:
        execute_from_command_line(sys.argv)
    except WeakKeyError as error:
        sys.exit(f"manage.py: {error}")
    except (EnvironmentFileError, ImproperlyConfigured, OperationalError) as error:
        if "--traceback" in sys.argv:
            raise
        first, *_rest = str(error).splitlines()
        sys.exit(f"manage.py: {first}\nmanage.py: {_FIX} (--traceback shows where)")


if __name__ == "__main__":
    main()
