"""From light to a picture: depth of field, bloom, film curve."""

import numpy as np
from PIL import Image, ImageFilter

from .fields import Floats, Vectors
from .light import Shot
from .stage import Camera


def softened(channel: Floats, radius: float) -> Floats:
    """Gaussian blur of a (height, width) field."""
    image = Image.fromarray(np.ascontiguousarray(channel, dtype=np.float32))
    # Pillow blurs 8-bit images only: a smaller and a larger copy do the same for light.
    small = max(1, round(channel.shape[0] / max(1.0, radius)))
    less = image.resize((small, small), Image.Resampling.BOX)
    return np.asarray(less.resize(image.size, Image.Resampling.BICUBIC), dtype=np.float32)


def disc(radius: float) -> Floats:
    """A filled disc that adds up to 1, smooth at its edge."""
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    found: Floats = inside / inside.sum()
    return found


def convolved(field: Floats, kernel: Floats) -> Floats:
    """(…, height, width) with a small kernel, edges mirrored."""
    reach = kernel.shape[0] // 2
    padded = np.pad(field, [(0, 0)] * (field.ndim - 2) + [(reach, reach)] * 2, mode="reflect")
    shape = padded.shape[-2:]
    turned = np.fft.rfft2(kernel, shape) * np.fft.rfft2(padded)
    full = np.fft.irfft2(turned, shape)
    return full[..., 2 * reach :, 2 * reach :].astype(np.float32)


def focused(shot: Shot, camera: Camera) -> Vectors:
    """The light with everything out of focus spread over discs, nearer layers over farther ones."""
    if not camera.aperture:
        return shot.light
    size = shot.light.shape[1]
    blur = camera.aperture * np.abs(1 / shot.depth - 1 / camera.focus) * size
    blur = np.minimum(blur, size * 0.03)
    blurs = convolved(blur, disc(max(1.0, size * 0.006)))
    levels = [0.0, *np.geomspace(1.0, size * 0.03, 6)]
    layers = [shot.light]
    for radius in levels[1:]:
        layers.append(convolved(np.minimum(shot.light, 8.0), disc(float(radius))))
    result = np.zeros_like(shot.light)
    at = np.interp(blurs, levels, np.arange(len(levels)))
    for number, layer in enumerate(layers):
        result += layer * np.clip(1 - np.abs(at - number), 0, 1)
    return result


def bloomed(light: Vectors, strength: float) -> Vectors:
    """What is brighter than white spreads, near and far."""
    bright = np.clip(light - 1.0, 0, 6)
    size = light.shape[1]
    spread = np.zeros_like(light)
    for share, weight in ((0.012, 0.5), (0.035, 0.3), (0.1, 0.2)):
        spread += weight * np.stack([softened(channel, size * share) for channel in bright])
    return light + strength * spread


def developed(light: Vectors, exposure: float) -> Vectors:
    """Linear light to sRGB values 0…1 by the film curve of Narkowicz (2015, "ACES filmic tone
    mapping curve")."""
    x = np.maximum(light * (0.75 * exposure), 0)
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    found: Vectors = np.where(film < 0.0031308, 12.92 * film, 1.055 * film ** (1 / 2.4) - 0.055)
    return found


def to_image(values: Vectors) -> Image.Image:
    levels = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))


def reduced(image: Image.Image, size: int) -> Image.Image:
    return image.resize((size, size), Image.Resampling.LANCZOS)


def sharpened(image: Image.Image, amount: float) -> Image.Image:
    return image.filter(
        ImageFilter.UnsharpMask(radius=1.2, percent=round(100 * amount), threshold=1)
    )
