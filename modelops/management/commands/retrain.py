"""`manage.py retrain STUDY [NAME=VALUE …]` and its options."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.studies.finding import find_study
from workbench.core.errors import MintError

from ...models import TrainingRun
from ...registry.holdout import standing_of
from ...registry.selectors import predictor_named
from ...runs.predictors import ensure_predictor
from ...runs.retraining import changed_recipe, request_retrain
from ...runs.waiting import metric_lines, report_unread, report_unreadable, wait_for


class Command(BaseCommand):
    help = "Train a candidate on the study's current labels; a worker does the work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's slug")
        parser.add_argument(
            "settings",
            nargs="*",
            metavar="NAME=VALUE",
            help="override a setting of the predictor's recipe, e.g. epochs=5 lora_rank=8",
        )
        parser.add_argument(
            "--predictor", metavar="NAME", help="which of the study's (default: the leading one)"
        )
        parser.add_argument(
            "--recipe",
            metavar="NAME",
            default="",
            help="a named recipe of its backbone, e.g. lora-qformer (default: the predictor's own)",
        )
        parser.add_argument(
            "--num-processes",
            type=int,
            metavar="N",
            help="processes to share each batch, one per GPU; the same as processes=N",
        )
        parser.add_argument(
            "--wait", action="store_true", help="show the progress until it is done"
        )
        parser.add_argument(
            "--promote",
            action="store_true",
            help="make it the active model once it has scored the images, if the gate lets it pass",
        )
        parser.add_argument(
            "--explanations",
            action="store_true",
            help="also train it to explain its scores, from raters' explanations",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = find_study(options["study"])
        words = list(options["settings"])
        if options["num_processes"] is not None:
            words.append(f"processes={options['num_processes']}")
        try:
            predictor = (
                predictor_named(study, options["predictor"])
                if options["predictor"]
                else ensure_predictor(study=study, actor=None)
            )
            run = request_retrain(
                predictor=predictor,
                actor=None,
                trigger=TrainingRun.Trigger.COMMAND,
                promote_when_done=options["promote"],
                recipe=changed_recipe(
                    predictor, words, name=options["recipe"], explanations=options["explanations"]
                ),
                recipe_name=options["recipe"],
            )
        except MintError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"training run {run.pk} of {study.slug} is queued")
        if options["wait"]:
            self._wait(run)

    def _wait(self, run: TrainingRun) -> None:
        wait_for(run, self.stdout)
        report_unreadable(run.problems, "retrain", self.stderr)
        version = run.model_version
        wait_for(version.scoring_runs.latest("pk"), self.stdout)
        version.refresh_from_db()
        report_unread(run.study, run.predictor.backbone, self.stderr)
        self.stdout.write("\n".join(metric_lines(version.study, standing_of(version))))
        self.stdout.write(f"version {version.number} is {version.get_state_display().lower()}")
