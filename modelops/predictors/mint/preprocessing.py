"""From an image file to the pixels that the model sees: the official transform, PIL and torch only.

The short side is resized (bicubic) to the model's side, the middle is cut out, and only then is the
image made RGB; so a palette is resized by nearest colour and transparency is dropped afterwards,
as the released code does. Source: released code, `_transform` of the scoring script.
What is halved or more is resized by torch's vector instructions instead of Pillow's loop, which
takes half the time; a value may differ by one step of 255 from Pillow's (docs/decisions/021).
"""

import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn.functional import interpolate

from workbench.core.jpeg import jpeg_pixels
from workbench.core.pixels import IN_FLIGHT
from workbench.core.plain_png import MOST_PIXELS, plain_pixels

from ..errors import UnreadableImageError
from ..hardware import is_out_of_memory, threads_each

T = TypeVar("T")

#: The statistics of CLIP's training images, red, green, blue on 0…1.
PIXEL_MEAN = (0.48145466, 0.4578275, 0.40821073)
PIXEL_STD = (0.26862954, 0.26130258, 0.27577711)

#: Formats that are read; Pillow knows many more, some of which start other programs.
FORMATS = ("JPEG", "PNG", "WEBP")
#: A strip that is longer than this many times its width is cut to its middle first; resizing all of
#: it would need memory by the gigabyte for pixels that are then cut off.
_LONGEST = 50
#: From this reduction on, torch's 16-bit filter weights round as Pillow's 22-bit ones do; below it
#: values two steps apart were found.
_VECTORISED_FROM = 2

ImageSource = str | Path | Image.Image
#: An open image, or pixels (H, W, 3) in RGB.
Picture = Image.Image | NDArray[np.uint8]


def image_to_pixels(source: ImageSource, size: int) -> Tensor:
    """The image as uint8 (3, size, size), RGB.

    Raises UnreadableImageError naming the file, whatever is wrong with it.
    """
    return _read(source, partial(_fit, size=size))


def read_image(source: ImageSource, use: Callable[[Image.Image], T]) -> T:
    """What `use` makes of the image; a file is open meanwhile, and perhaps not decoded yet.

    Raises UnreadableImageError naming the file, whatever is wrong with it.
    """
    return _read(source, lambda picture: use(_as_image(picture)))


def _read(source: ImageSource, use: Callable[[Picture], T]) -> T:
    try:
        if isinstance(source, Image.Image):
            return use(source)
        with (
            Image.open(source, formats=FORMATS) as image,
            IN_FLIGHT.hold(image.width * image.height),
        ):
            return use(_quickly_read(image, source))
    except UnidentifiedImageError as error:
        raise UnreadableImageError(
            f"{_name(source)}: not a {', '.join(FORMATS)} image, or damaged at its start; "
            "save it again in one of these formats"
        ) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise
        raise UnreadableImageError(
            f"{_name(source)}: the machine's memory is too small for its pixels; scale it down, or "
            "end what else takes memory"
        ) from error
    except _READING_ERRORS as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadableImageError(f"{_name(source)}: {_diagnosis(error)} ({why})") from error


def _quickly_read(image: Image.Image, source: str | Path) -> Picture:
    """`image`, opened from `source`: a picture of the workbench, or a JPEG, in half the time; any
    other as it is."""
    if image.mode != "RGB" or image.width * image.height > MOST_PIXELS:
        return image
    pixels = None
    if image.format == "PNG":
        pixels = plain_pixels(Path(source).read_bytes())
    elif image.format == "JPEG":
        pixels = jpeg_pixels(Path(source).read_bytes())
    return image if pixels is None else pixels


def try_image_to_pixels(source: ImageSource, size: int) -> Tensor | UnreadableImageError:
    """Like `image_to_pixels`, but returns the error, so that the rest of a batch continues."""
    try:
        return image_to_pixels(source, size)
    except UnreadableImageError as error:
        return error


def normalise(pixels: Tensor) -> Tensor:
    """uint8 (…, 3, S, S) → float32 on the same device, normalised by CLIP's mean and spread."""
    mean, std = _statistics(pixels.device)
    return (pixels.float() / 255 - mean) / std


@cache
def _statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and spread (3, 1, 1); once per device, because copying them waits for the GPU."""
    with torch.inference_mode(False):
        mean, std = (torch.tensor(each, device=device) for each in (PIXEL_MEAN, PIXEL_STD))
    return mean.view(3, 1, 1), std.view(3, 1, 1)


def images_to_batch(sources: Sequence[ImageSource], size: int) -> Tensor:
    """float32 (B, 3, size, size), ready for the model; raises as `image_to_pixels`.

    On as many threads as torch uses, as nothing else is computed while images are decoded.
    """
    workers = torch.get_num_threads()
    with threads_each(1), ThreadPoolExecutor(workers) as pool:
        pixels = list(pool.map(partial(image_to_pixels, size=size), sources))
    return normalise(torch.stack(pixels))


#: What Pillow's decoders raise on damaged or too large (over 179 million pixels) files, and what
#: the disk answers.
_READING_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    Image.DecompressionBombError,
)


def _diagnosis(error: Exception) -> str:
    """What is the matter with a file, and what to do about it."""
    match error:
        case FileNotFoundError():
            return "the file is missing; restore it from a copy"
        case PermissionError():
            return "the file may not be read; give the account of this program read access"
        case Image.DecompressionBombError():
            return "too many pixels; scale it down"
        case _:
            return "damaged or incomplete; put an intact copy in its place"


def _fit(picture: Picture, size: int) -> Tensor:
    """Short side to `size`, middle `size` × `size`, RGB; the first frame of an animation."""
    if isinstance(picture, np.ndarray) and _is_halved(picture.shape[:2], size):
        return _halved(picture, size)
    image = _as_image(picture)
    if image.mode.startswith("I;16"):
        image = to_eight_bits(image)
    image = without_ends(image)
    if image.mode == "RGB" and _is_halved(image.size, size):
        return _halved(np.array(image), size)
    scaled, left, top = _placed(image.size, size)
    resized = image.resize(scaled, Image.Resampling.BICUBIC)
    cut = resized.crop((left, top, left + size, top + size)).convert("RGB")
    return _tensor(np.array(cut))


def _is_halved(sides: tuple[int, ...], size: int) -> bool:
    """Whether an image that is no strip shrinks to half or less."""
    short, long = sorted(sides)
    return short >= _VECTORISED_FROM * size and long <= _LONGEST * short


def _halved(pixels: NDArray[np.uint8], size: int) -> Tensor:
    """`_fit` of pixels (H, W, 3) that shrink to half or less."""
    height, width, _channels = pixels.shape
    scaled, left, top = _placed((width, height), size)
    batch = _tensor(pixels)[None]
    resized = interpolate(batch, size=scaled[::-1], mode="bicubic", antialias=True)[0]
    return resized[:, top : top + size, left : left + size]


def _placed(sides: tuple[int, int], size: int) -> tuple[tuple[int, int], int, int]:
    """Width and height of an image whose short side is `size`; left and top of its middle."""
    short = min(sides)
    # The long side is cut to whole pixels, not rounded, as the official transform does.
    width, height = (int(size * side / short) for side in sides)
    return (width, height), round((width - size) / 2), round((height - size) / 2)


def _tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """uint8 (H, W, 3) as (3, H, W), laid out pixel by pixel."""
    return torch.from_numpy(pixels).permute(2, 0, 1)


def _as_image(picture: Picture) -> Image.Image:
    return Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture


def without_ends(image: Image.Image) -> Image.Image:
    """The image, or the middle of a very long strip."""
    width, height = image.size
    longest = min(width, height) * _LONGEST
    if max(width, height) <= longest:
        return image
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, width - left, height - top))


def to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey by its high byte; Pillow alone would clip nearly all of it to white."""
    return Image.fromarray((np.asarray(image) // 256).astype(np.uint8))


def _name(source: ImageSource) -> str:
    if not isinstance(source, Image.Image):
        return str(source)
    return str(getattr(source, "filename", "") or "image in memory")
