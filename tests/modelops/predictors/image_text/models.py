"""Small CLIP and SigLIP models with random weights and tokenizers of their own, as their publishers
lay out a folder."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
)

TEXTS = ["a red circle on grass", "prompt 0 1 2 3 4 5 6 7 8 9", "two blue squares"]
_TOWER = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
_START, _END = "<|startoftext|>", "<|endoftext|>"


def write_clip(folder: Path, seed: int = 0) -> Path:
    """Reads 12 word pieces of a prompt, and images of 28 pixels of which it sees the middle."""
    tokenizer = _clip_tokenizer()
    tokenizer.save_pretrained(folder)
    text = {
        **_TOWER,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 12,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.eos_token_id,
    }
    vision = {**_TOWER, "image_size": 28, "patch_size": 14}
    torch.manual_seed(seed)
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)
    CLIPModel(config).save_pretrained(folder)
    size = {"height": 28, "width": 28}
    CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size=size).save_pretrained(folder)
    return folder


def write_siglip(folder: Path, seed: int = 0) -> Path:
    """Reads eight word pieces of a prompt, and the whole image, squeezed to 28 pixels."""
    tokenizer = _siglip_tokenizer()
    tokenizer.save_pretrained(folder)
    text = {
        **_TOWER,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 8,
        "projection_size": 16,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {**_TOWER, "image_size": 28, "patch_size": 14}
    torch.manual_seed(seed)
    SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    SiglipImageProcessorPil(size={"height": 28, "width": 28}).save_pretrained(folder)
    return folder


def _clip_tokenizer() -> CLIPTokenizer:
    """Byte pairs, as CLIP's: nothing that can be typed is unknown to it."""
    learnt = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learnt.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        initial_alphabet=[*alphabet, *(f"{each}</w>" for each in alphabet)],
        special_tokens=[],
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    learnt.train_from_iterator(TEXTS, trainer)
    vocabulary = learnt.get_vocab()
    for token in (_START, _END):
        vocabulary[token] = len(vocabulary)
    merges: Any = [tuple(pair) for pair in json.loads(learnt.to_str())["model"]["merges"]]
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=12)


def _siglip_tokenizer() -> PreTrainedTokenizerFast:
    """Words, and an end but no beginning, as SigLIP's."""
    words = dict.fromkeys(word for text in TEXTS for word in text.split())
    vocabulary = {word: place for place, word in enumerate(["<pad>", "</s>", "<unk>", *words])}
    learnt = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))  # text
    learnt.pre_tokenizer = pre_tokenizers.Whitespace()
    learnt.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=learnt,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=8,
    )
