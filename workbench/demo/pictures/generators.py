"""Six make-believe image generators: how each finishes a picture, and what it gets wrong."""

from dataclasses import dataclass

from annotation.protocol.aigciqa2023 import AUTHENTICITY, CORRESPONDENCE, QUALITY

from ..generators import Profile


@dataclass(frozen=True)
class Finish:
    """1 leaves saturation, contrast and exposure as they are; the other strengths start at 0."""

    saturation: float = 1.0
    contrast: float = 1.0
    exposure: float = 1.0
    bloom: float = 0.25
    sharpness: float = 0.6
    vignette: float = 0.25
    grain: float = 0.0
    #: Radius of brush strokes in thousandths of the side, for what is not a painting anyway.
    strokes: float = 0.0
    #: Factors of red, green and blue.
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class PictureGenerator:
    """A name that no product has, a finish, and a profile of flaws."""

    name: str
    finish: Finish
    profile: Profile


def _rates(quality: float, authenticity: float, correspondence: float) -> dict[str, float]:
    return {QUALITY: quality, AUTHENTICITY: authenticity, CORRESPONDENCE: correspondence}


GENERATORS: tuple[PictureGenerator, ...] = (
    PictureGenerator(
        "Halide 3",
        Finish(saturation=1.05, contrast=1.08, grain=0.006),
        Profile(_rates(0.35, 0.35, 0.35), severe=0.3),
    ),
    PictureGenerator(
        "Prismatic v5",
        Finish(1.45, 1.22, 1.06, bloom=0.6, sharpness=1.5, vignette=0.5, tint=(1.03, 1.0, 0.97)),
        Profile(_rates(0.5, 0.6, 0.6), {"banding": 2.0}, 0.4),
    ),
    PictureGenerator(
        "Vellum XL",
        Finish(1.1, 0.98, 1.02, bloom=0.35, sharpness=0.3, strokes=7, tint=(1.02, 1.0, 0.95)),
        Profile(_rates(0.7, 0.8, 0.9), {"blur": 2.0, "melt": 1.5}, 0.45),
    ),
    PictureGenerator(
        "Driftnet 1.4",
        Finish(0.85, 0.92, 1.05, bloom=0.4, sharpness=0.2, grain=0.012, tint=(0.97, 1.0, 1.03)),
        Profile(_rates(1.0, 0.9, 1.8), {"count": 2.5, "noise": 2.0}, 0.5),
    ),
    PictureGenerator(
        "Sketchlab Turbo",
        Finish(1.2, 1.12, sharpness=2.2, vignette=0.1),
        Profile(_rates(1.6, 1.0, 1.3), {"jpeg": 2.5, "banding": 1.5}, 0.55),
    ),
    PictureGenerator(
        "Kiln GAN",
        Finish(1.15, 1.05, bloom=0.15, sharpness=0.0, vignette=0.35, tint=(1.04, 0.99, 0.96)),
        Profile(_rates(1.4, 2.0, 1.2), {"warp": 1.5, "blur": 1.5}, 0.62),
    ),
)
