"""Folders that are no model are named, with what is wrong and what to do."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from modelops.predictors.image_text_kind import IMAGE_TEXT
from modelops.predictors.reading import ReadingKind
from workbench.core.errors import MintError


def refused(weights: str | Path) -> str:
    with pytest.raises(MintError) as caught:
        IMAGE_TEXT.start(str(weights), device="cpu", precision="float32")
    return caught.value.message


def change(folder: Path, name: str, **settings: object) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_a_folder_without_weights(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    told = refused(copied)
    assert f"{copied} holds no weights as safetensors" in told
    assert "can hold a program" in told
    assert "copy model.safetensors there" in told


def test_a_corrupt_file_of_weights(copied: Path) -> None:
    whole = (copied / "model.safetensors").read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"", b"\xff" * 100):
        (copied / "model.safetensors").write_bytes(spoilt)
        assert f"{copied}: the weights cannot be read (" in refused(copied)


def test_weights_that_are_missing_or_of_another_shape(copied: Path) -> None:
    path = copied / "model.safetensors"
    weights = load_file(path)
    del weights["text_projection.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    told = refused(copied)
    assert "1 weights are missing or of another shape, such as text_projection.weight" in told
    change(copied, "config.json", projection_dim=4)
    assert "2 weights are missing or of another shape" in refused(copied)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"model_type": "vit"}, "is of a model of type “vit”"),
        ({"model_type": "siglip2"}, "images of any size; take one of a fixed size"),
        ({"model_type": None}, "is of a model of type “None”"),
        ({"text_config": None}, "give the folder of a whole clip or siglip model"),
    ],
)
def test_a_model_of_another_kind(copied: Path, sizes: dict[str, object], told: str) -> None:
    change(copied, "config.json", **sizes)
    assert told in refused(copied)


def test_settings_that_are_missing_or_no_settings(copied: Path) -> None:
    (copied / "config.json").write_text("[]")
    assert "config.json does not describe an image–text model" in refused(copied)
    (copied / "config.json").unlink()
    assert f"{copied} holds no config.json" in refused(copied)


def test_a_tokenizer_that_is_missing_spoilt_or_of_another_model(
    copied: Path, folders: dict[str, Path]
) -> None:
    path = copied / "tokenizer.json"
    whole = path.read_text()
    change(copied, "tokenizer_config.json", pad_token="<nothing>")
    assert "names no pad_token that tokenizer.json has" in refused(copied)
    (copied / "tokenizer_config.json").write_text("{")
    assert "tokenizer_config.json cannot be read" in refused(copied)
    (copied / "tokenizer_config.json").unlink()
    IMAGE_TEXT.start(str(copied), device="cpu", precision="float32")  # CLIP does without
    path.write_text(whole[:100])
    assert f"{path}: not a tokenizer" in refused(copied)
    path.unlink()
    assert f"{copied} holds no tokenizer.json; copy it" in refused(copied)
    path.write_text(whole)
    other = json.loads((folders["siglip"] / "config.json").read_text())
    change(copied, "config.json", text_config=other["text_config"])
    assert "they do not belong together" in refused(copied)


def test_images_of_another_size_or_no_way_to_prepare_them(copied: Path) -> None:
    change(copied, "preprocessor_config.json", crop_size={"height": 20, "width": 20})
    assert "makes images of (3, 20, 20), the model takes (3, 28, 28)" in refused(copied)
    (copied / "preprocessor_config.json").unlink()
    assert "preprocessor_config.json is missing" in refused(copied)


def test_programs_that_come_with_a_model_are_not_run(copied: Path) -> None:
    (copied / "evil.py").write_text("raise SystemExit(3)\nclass Evil: pass\n")
    names = ("AutoImageProcessor", "AutoModel", "AutoConfig", "AutoTokenizer")
    auto = dict.fromkeys(names, "evil.Evil")
    change(copied, "config.json", auto_map=auto)
    change(copied, "tokenizer_config.json", auto_map=auto)
    IMAGE_TEXT.start(str(copied), device="cpu", precision="float32")
    change(copied, "preprocessor_config.json", auto_map=auto, image_processor_type="Evil")
    assert "preprocessor_config.json is missing or cannot be used" in refused(copied)


@pytest.mark.parametrize("weights", ["", "/nowhere", "a/b/c", "https://huggingface.co/a/b"])
def test_what_is_neither_a_folder_nor_a_name(weights: str) -> None:
    told = refused(weights)
    assert "is not a folder here; give image-text:FOLDER" in told
    assert weights in told


@pytest.mark.parametrize("weights", ["someone/clip", "someone/clip@main", "someone/clip@abc123"])
def test_a_name_on_the_hub_needs_a_commit(weights: str) -> None:
    told = refused(weights)
    assert "image-text:someone/clip@COMMIT" in told
    assert "A branch may move" in told


def test_prompts_are_counted_as_the_model_reads_them(folder: Path) -> None:
    assert isinstance(IMAGE_TEXT, ReadingKind)
    limit = {"clip": 12, "siglip": 8}[folder.name]
    short, long, other = IMAGE_TEXT.reader(str(folder)).read(
        ["a red circle", "A red circle on grass 0 1 2 3 4 5 6 7", "一只红色的狗"]
    )
    assert (short.cut, short.limit, short.end) == (False, limit, 12)
    assert long.cut
    # Ends take places: two of CLIP's, one of SigLIP's; all words here are one piece each.
    kept = {"clip": "A red circle on grass 0 1 2 3 4", "siglip": "A red circle on grass 0 1"}
    assert "A red circle on grass 0 1 2 3 4 5 6 7"[: long.end] == kept[folder.name]
    assert other.knows_none == (folder.name == "siglip")  # CLIP's pieces spell anything
