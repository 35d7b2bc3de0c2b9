"""`manage.py read_metadata`."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.stimuli.generation import notes

from .files import png

_TEXT = 'a "plum", blue\nSteps: 2, Sampler: E, CFG scale: 7, Seed: 18446744073709551615, Model: m'


def _output(*arguments: str) -> str:
    stream = io.StringIO()
    call_command("read_metadata", *arguments, stdout=stream)
    return stream.getvalue()


def test_a_line_for_each_image_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.png").write_bytes(png(parameters=_TEXT))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "._x.png").write_bytes(png())
    assert _output(str(tmp_path), "--csv") == (
        "filename,tool,prompt,negative_prompt,model,seed,generator_name,note\n"
        'sub/x.png,AUTOMATIC1111,"a ""plum"", blue",,m,18446744073709551615,m,\n'
    )


def test_files_and_what_is_no_image(tmp_path: Path) -> None:
    image, other = tmp_path / "x.png", tmp_path / "x.txt"
    image.write_bytes(png(parameters=_TEXT))
    other.write_text("no image")
    assert _output(str(image)).splitlines()[:3] == [
        "x.png",
        "  tool: AUTOMATIC1111",
        '  prompt: a "plum", blue',
    ]
    assert notes.NOT_AN_IMAGE in _output(str(other), "--csv")
    with pytest.raises(CommandError, match="does not exist"):
        _output(str(tmp_path / "none.png"))
