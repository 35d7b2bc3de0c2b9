"""The text from which the tiny tokenizer learns its word pieces.

Prompts of the grammar come first, so that each of its words is one piece. The common words of
image prompts come after, so that a real prompt is not spelled letter by letter; their embeddings
stay untrained.
"""

from collections.abc import Iterator
from pathlib import Path

from modelops.predictors.mint.tokenization import train_tiny_tokenizer

from ..grammar import words

_COMMON = """
    the and with for from into over under near behind between inside around of in on at by to is
    are his her their its this that as or not no one some many every each other very more most
    man woman child boy girl baby person people family friend king queen knight soldier doctor
    robot astronaut wizard witch angel dragon monster ghost alien hero dog cat horse bird fish cow
    sheep lion tiger bear elephant monkey rabbit fox wolf deer mouse owl eagle snake frog turtle
    whale shark butterfly bee house home castle tower bridge church temple city town village
    street road river lake sea ocean beach island mountain hill valley forest jungle desert field
    garden park farm sky cloud clouds sun moon star planet space galaxy earth world rain snow
    storm wind fire smoke fog mist light shadow night day morning evening sunset sunrise winter
    summer spring autumn tree trees flower flowers leaf leaves rose rock stone wood metal glass
    gold silver ice water sand paper plastic cloth leather silk table chair bed sofa door window
    wall floor room kitchen lamp book clock mirror picture painting portrait landscape photo
    photograph photography poster sketch drawing illustration cartoon anime comic render sculpture
    statue art artist style oil watercolor pencil ink digital concept fantasy science fiction
    realistic photorealistic surreal abstract modern ancient medieval futuristic vintage cinematic
    dramatic epic beautiful detailed intricate highly ultra sharp focus blurry soft bright dark
    warm cold colorful vibrant pastel neon black white red orange yellow green blue purple pink
    brown gray grey golden big small large little tiny giant tall short long round old young new
    happy sad angry smiling laughing crying sleeping standing sitting walking running jumping
    flying swimming riding driving holding wearing looking eating drinking playing reading dancing
    fighting car truck bus train plane airplane boat ship bicycle motorcycle rocket ball balloon
    umbrella hat shirt dress coat shoes glasses crown sword shield guitar piano camera phone
    computer apple banana bread cake pizza cheese egg meat soup coffee tea wine bottle cup bowl
    plate knife fork spoon box bag basket face head hair eye eyes nose mouth hand hands arm leg
    foot body wing wings tail four five six seven eight nine ten two three first second half full
    high low left right above below top bottom front back center close view background foreground
    lens resolution quality lighting studio natural volumetric trending award winning unreal engine
"""
#: Often enough that the grammar's words are merged before anything else.
_GRAMMAR_WEIGHT = 400
_COMMON_WEIGHT = 8


def corpus() -> Iterator[str]:
    """The lines that the tokenizer learns from."""
    for _ in range(_GRAMMAR_WEIGHT):
        yield " ".join(words())
    for _ in range(_COMMON_WEIGHT):
        yield " ".join(_COMMON.split())


def write_tokenizer(folder: Path) -> None:
    """Learns the word pieces and writes `tokenizer.json`."""
    train_tiny_tokenizer(corpus(), folder)
