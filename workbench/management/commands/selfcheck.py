"""`manage.py selfcheck`: the whole loop on throw-away services and data; needs no site."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...local.interrupt import interrupted_by_signals


class Command(BaseCommand):
    help = (
        "In studies with one, three and five perspectives: import, rate with simulated raters, "
        "predict, prioritise, retrain, promote, export and read back, on services and data of its "
        "own; prints a table for each study and writes a JSON file."
    )
    #: It works on a site that it makes itself.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--report", type=Path, default=Path("selfcheck.json"), help="default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from ...demo.client import quiet
        from ...demo.selfcheck.report import table
        from ...demo.selfcheck.run import SelfCheck, SelfCheckError

        quiet()
        self.stdout.ending = ""
        if not options["report"].absolute().parent.is_dir():
            raise CommandError(
                f"{options['report']}: there is no such folder; choose an existing one"
            )
        check = SelfCheck(self.stdout)
        try:
            with interrupted_by_signals():
                check.run()
        except KeyboardInterrupt as interrupt:
            raise CommandError("interrupted; everything has stopped", returncode=130) from interrupt
        except SelfCheckError as error:
            raise CommandError(error.message) from error
        finally:
            text = json.dumps(check.report.to_json(), indent=2)
            options["report"].write_text(f"{text}\n")
            self.stdout.write("\n" + "".join(f"{line}\n" for line in table(check.report)))
        self.stdout.write(f"\nEverything works; the numbers are in {options['report']}.\n")
