"""Checking one image file and making its display copy and thumbnail.

Raters see a display copy: the picture (`picture`) and nothing else of the file, without loss and in
one format for all images, so that neither format nor metadata tell of a generator. For an image
larger than DISPLAY_SIDE there is one at its own size, too; that one, or `display`, is the picture
that the model reads.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, UnidentifiedImageError

from workbench.core.pixels import IN_FLIGHT
from workbench.core.texts import gettext_noop

from .lossless import as_png
from .picture import HighDynamicRangeError, picture_of
from .problems import ImageError

DISPLAY_SIDE = 2048
THUMBNAIL_SIDE = 320
#: A thumbnail so large at least is made of whole blocks of pixels: 0.4 ms of a 512 × 512 image
#: instead of 1.8.
_BLOCKS_SIDE = 256
MIN_SIDE = 16
MAX_SIDE = 16383
MAX_PIXELS = 8192 * 8192

_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
#: Formats that are not accepted, by the file's first bytes.
_OTHER_TYPES = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"<", "HTML, SVG or XML"),
)
#: What an error of Pillow, or of what is done with it, says about an image: the first that fits.
_FAULTS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (MemoryError,),
        gettext_noop('image "%(filename)s" needs more memory than there is'),
        gettext_noop("reduce it, or import it when the server has less to do"),
    ),
    (
        (HighDynamicRangeError,),
        gettext_noop('image "%(filename)s" is for HDR screens'),
        gettext_noop("save it in sRGB: how bright it is shown depends on the screen"),
    ),
    (
        (Image.DecompressionBombError, Image.DecompressionBombWarning),
        gettext_noop('image "%(filename)s" would unpack to too many pixels'),
        gettext_noop("reduce it to %(megapixels)d megapixels, %(side)d on the longer side"),
    ),
    (
        (Exception,),
        gettext_noop('image "%(filename)s" is damaged (%(reason)s)'),
        gettext_noop("copy or generate it again"),
    ),
)


@dataclass(frozen=True)
class StoredFile:
    """Bytes to be stored under their hash."""

    data: bytes
    suffix: str

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class CheckedImage:
    """A decoded image: its size upright, in pixels, and what is stored of it."""

    width: int
    height: int
    original: StoredFile
    #: At most DISPLAY_SIDE on its longer side.
    display: StoredFile
    #: The same at the image's own size; None if `display` is that.
    exact: StoredFile | None
    thumbnail: StoredFile


def check_image(name: str, data: bytes) -> CheckedImage:
    """Decode all of `data` (JPEG, PNG or WebP) and render it; ImageError says what is wrong."""
    image = _checked(name, data)
    suffix = _suffix(image)
    width, height = image.size
    with _blamed_on(name), IN_FLIGHT.hold(width * height):
        return _rendered(StoredFile(data, suffix), image)


def _rendered(original: StoredFile, image: Image.Image) -> CheckedImage:
    """What is stored of it."""
    picture = picture_of(image, original.data)
    whole = StoredFile(as_png(picture), "png")
    small = _reduced(picture, DISPLAY_SIDE)
    return CheckedImage(
        *picture.size,
        original,
        display=whole if small is picture else StoredFile(as_png(small), "png"),
        exact=None if small is picture else whole,
        thumbnail=StoredFile(_thumbnail(small), "jpg"),
    )


def picture_in(name: str, data: bytes) -> Image.Image:
    """The picture that a person sees of `data`, RGB, at full size; ImageError if there is none."""
    image = _checked(name, data)
    with _blamed_on(name), IN_FLIGHT.hold(image.width * image.height):
        return picture_of(image, data)


def thumbnail_of(name: str, data: bytes) -> bytes:
    """A JPEG of at most THUMBNAIL_SIDE on its longer side; ImageError if `data` has no picture."""
    picture = picture_in(name, data)
    with _blamed_on(name):
        return _thumbnail(picture)


def look_at(name: str, data: bytes) -> None:
    """Raises ImageError if the head of `data` is not that of an image that can be imported.

    For a web server, whose threads and processors raters need: nothing is decoded.
    """
    _checked(name, data)


def _checked(name: str, data: bytes) -> Image.Image:
    image = _open(name, data)
    _check_size(name, image)
    _check_still(name, image)
    return image


def needs_reducing(width: int, height: int) -> bool:
    """Whether an image of this size is too large for the pages that show it."""
    return max(width, height) > DISPLAY_SIDE


@contextmanager
def _blamed_on(name: str) -> Iterator[None]:
    """Codecs raise nearly anything on damaged data; whatever it is, it is this image's fault."""
    try:
        yield
    except Exception as error:
        raise _blame(name, error) from error


def _blame(name: str, error: Exception) -> ImageError:
    template, fix = next(said for kinds, *said in _FAULTS if isinstance(error, kinds))
    return ImageError(
        template,
        fix,
        filename=name,
        reason=str(error)[:120] or type(error).__name__,
        megapixels=MAX_PIXELS // 10**6,
        side=MAX_SIDE,
    )


def _open(name: str, data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=tuple(_SUFFIXES))
    except UnidentifiedImageError as error:
        raise _wrong_type(name, data) from error
    except Exception as error:
        raise _blame(name, error) from error


def _wrong_type(name: str, data: bytes) -> ImageError:
    if not data:
        return ImageError(
            gettext_noop('image "%(filename)s" is an empty file'),
            gettext_noop("copy it again"),
            filename=name,
        )
    found = next((kind for start, kind in _OTHER_TYPES if data.startswith(start)), "")
    if data[4:8] == b"ftyp":
        found = "AVIF, HEIC or video"
    template = (
        gettext_noop('image "%(filename)s" is %(found)s')
        if found
        else gettext_noop('image "%(filename)s" is not an image that can be read')
    )
    return ImageError(
        template, gettext_noop("save it as JPEG, PNG or WebP"), filename=name, found=found
    )


def _check_size(name: str, image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _blame(name, Image.DecompressionBombError())
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            gettext_noop('image "%(filename)s" is %(width)d × %(height)d pixels'),
            gettext_noop("use one of at least %(least)d pixels on each side"),
            filename=name,
            width=width,
            height=height,
            least=MIN_SIDE,
        )


def _check_still(name: str, image: Image.Image) -> None:
    # Cameras add a small second picture to a JPEG (format MPO): that is no animation.
    with _blamed_on(name):
        frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        raise ImageError(
            gettext_noop('image "%(filename)s" is animated (%(frames)d frames)'),
            gettext_noop("save one frame"),
            filename=name,
            frames=frames,
        )


def _suffix(image: Image.Image) -> str:
    return _SUFFIXES["JPEG" if image.format == "MPO" else str(image.format)]


def _reduced(
    image: Image.Image, side: int, by: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    if max(image.size) <= side:
        return image
    share = side / max(image.size)
    width, height = (max(1, round(length * share)) for length in image.size)
    return image.resize((width, height), by)


def _thumbnail(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    _small(image).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _small(image: Image.Image) -> Image.Image:
    pixels = -(-max(image.size) // THUMBNAIL_SIDE)
    if pixels > 1 and max(image.size) >= _BLOCKS_SIDE * pixels:
        return image.reduce(pixels)
    return _reduced(image, THUMBNAIL_SIDE, Image.Resampling.BILINEAR)
