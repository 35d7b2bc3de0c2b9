"""Small models with random weights, a small tokenizer and small images, all made once."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import Blip2Config, Blip2ForImageTextRetrieval, OPTConfig
from transformers.models.blip_2.configuration_blip_2 import Blip2QFormerConfig, Blip2VisionConfig

from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.processing import MintIQAProcessor
from modelops.predictors.mint.tokenization import load_tokenizer, train_tiny_tokenizer

CORPUS = ["two red circles left of a blue square on grass", "a photo of a cat in the snow"] * 5


@pytest.fixture(scope="session")
def small_config() -> MintIQAConfig:
    return MintIQAConfig(
        vision_config=Blip2VisionConfig(
            image_size=28,
            patch_size=14,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=24,
            initializer_range=0.2,
        ),
        qformer_config=Blip2QFormerConfig(
            vocab_size=2048,
            hidden_size=12,
            num_hidden_layers=2,
            num_attention_heads=3,
            intermediate_size=20,
            max_position_embeddings=40,
            initializer_range=0.2,
        ),
        num_query_tokens=4,
    )


@pytest.fixture
def small_model(small_config: MintIQAConfig) -> MintIQAModel:
    torch.manual_seed(3)
    model = MintIQAModel(small_config)
    model.eval()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    return model


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tiny_tokenizer(CORPUS, folder)
    return folder


@pytest.fixture
def loaded(small_model: MintIQAModel, tokenizer_folder: Path) -> LoadedModel:
    tokenizer = load_tokenizer(tokenizer_folder, small_model.config)
    return LoadedModel(small_model, MintIQAProcessor(tokenizer, small_model.config.image_size))


@pytest.fixture
def image_files(tmp_path: Path) -> list[Path]:
    """Five plain images of different colours and shapes."""
    paths = []
    for number in range(5):
        path = tmp_path / f"image{number}.png"
        Image.new("RGB", (40 + 9 * number, 60), (50 * number, 20, 200 - 40 * number)).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def blip2_folder(tmp_path: Path, small_config: MintIQAConfig, loaded: LoadedModel) -> Path:
    """A small BLIP-2 with an image–text head, saved as the public one is."""
    qformer = {**small_config.qformer_config.to_dict(), "use_qformer_text_input": True}
    config = Blip2Config(
        vision_config=small_config.vision_config.to_dict(),
        qformer_config=qformer,
        text_config=OPTConfig(
            hidden_size=8, num_hidden_layers=1, num_attention_heads=1, ffn_dim=8, vocab_size=20,
            word_embed_proj_dim=8,
        ).to_dict(),
        num_query_tokens=4,
        image_text_hidden_size=8,
    )  # fmt: skip
    torch.manual_seed(1)
    Blip2ForImageTextRetrieval(config).save_pretrained(tmp_path / "blip2")
    loaded.processor.tokenizer.save(tmp_path / "blip2")
    return tmp_path / "blip2"
