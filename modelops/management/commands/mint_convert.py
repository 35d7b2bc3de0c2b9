"""`manage.py mint_convert CHECKPOINT OUT`: weights that others published, in our format."""

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from workbench.core.progress import Counter

if TYPE_CHECKING:
    import torch

PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


class Command(BaseCommand):
    help = (
        "Convert a released MINT-IQA checkpoint to a folder for MODEL_BACKBONES, one tensor "
        "in memory at a time; or start an untrained MINT-IQA as the authors did: stage 1 from a "
        "BLIP-2 backbone, stage 2 from InstructBLIP."
    )

    requires_system_checks: list[str] = []  # uses nothing of the site, not even the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "checkpoint",
            help="a torch.save or safetensors file with either stage or both; to start from, a "
            "folder, or a name on the model hub",
        )
        parser.add_argument(
            "out",
            type=Path,
            help="the folder to create; with --from-instructblip that of a stage 1, to which "
            "stage 2 is added",
        )
        start = parser.add_mutually_exclusive_group()
        start.add_argument(
            "--from-blip2",
            action="store_true",
            help="start stage 1, with untrained heads, from a backbone such as "
            "Salesforce/blip2-itm-vit-g",
        )
        start.add_argument(
            "--from-instructblip",
            action="store_true",
            help="start stage 2 from a model such as Salesforce/instructblip-vicuna-7b",
        )
        parser.add_argument(
            "--dtype", choices=PRECISIONS, default="fp32", help="of the stored weights"
        )
        parser.add_argument(
            "--config",
            type=Path,
            help="a config.json with sizes that differ from the published ones",
        )
        parser.add_argument(
            "--tokenizer",
            help="a folder with tokenizer.json or vocab.txt, or a name on the model hub "
            "(default: google-bert/bert-base-uncased, as published)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        import torch

        from ...predictors.errors import ModelError

        dtype: torch.dtype = getattr(torch, PRECISIONS[options["dtype"]])
        try:
            if options["from_blip2"] or options["from_instructblip"]:
                self._start(options, dtype)
            else:
                self._convert(options, dtype)
        except ModelError as error:
            raise CommandError(str(error)) from error

    def _convert(self, options: dict[str, Any], dtype: "torch.dtype") -> None:
        from ...explaining.conversion import STAGES
        from ...predictors.mint.released import NAMES_LIST, TOKENIZER_SOURCE, convert_released

        converted = convert_released(
            options["checkpoint"],
            options["out"],
            STAGES,
            dtype=dtype,
            sizes=options["config"],
            tokenizer=options["tokenizer"] or TOKENIZER_SOURCE,
            progress=Counter("tensors", self.stdout),
        )
        total = len(converted.names)
        self.stdout.write(
            f"{options['out']}: {total} official names, {converted.mapped} mapped and "
            f"{total - converted.mapped} dropped; {NAMES_LIST} there lists which and why"
        )

    def _start(self, options: dict[str, Any], dtype: "torch.dtype") -> None:
        from ...explaining.starting import start_from_instructblip
        from ...predictors.mint.starting import start_from_blip2

        source, out = options["checkpoint"], options["out"]
        if options["config"] or options["tokenizer"]:
            raise CommandError("a backbone brings its own sizes and tokenizer; give neither")
        if options["from_blip2"]:
            start_from_blip2(source, out, dtype=dtype)
            self.stdout.write(f"{out}: an untrained MINT-IQA on {source}")
        else:
            counter = Counter("tensors", self.stdout)
            start_from_instructblip(source, out, dtype=dtype, progress=counter)
            self.stdout.write(f"{out}: an untrained stage 2 on {source}")
