"""manage.py study_steps: what a study's set-up still lacks, and what it does without."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.studies.finding import find_study
from annotation.studies.setup import WAIVABLE, StepError, setup_steps, waive_step


class Command(BaseCommand):
    help = "Lists the steps of a study's set-up; --waive STEP does without one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument("--waive", metavar="STEP", help=f"one of {', '.join(WAIVABLE)}")
        parser.add_argument("--take-up", metavar="STEP", help="no longer do without it")

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        try:
            for name, waived in ((options["waive"], True), (options["take_up"], False)):
                if name:
                    waive_step(study=study, actor=None, name=name, waived=waived)
        except StepError as error:
            raise CommandError(error.message) from error
        for step in setup_steps(study):
            state = "done" if step.done else "waived" if step.waived else "to do"
            self.stdout.write(f"{step.name:<10}{state:<8}{step.found} of {step.wanted}")
