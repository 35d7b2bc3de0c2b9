"""Skies, lenses and brushes: what must hold of any picture."""

from collections.abc import Callable

import numpy as np
import pytest

from workbench.demo.pictures import brush
from workbench.demo.pictures.fields import Floats, Noise, Vectors, direction
from workbench.demo.pictures.lens import (
    bloomed,
    convolved,
    developed,
    disc,
    focused,
    sharpened,
    softened,
    to_image,
)
from workbench.demo.pictures.light import Shot
from workbench.demo.pictures.skies import Clouds, Planet, Sky, Studio
from workbench.demo.pictures.stage import Camera

SUN = direction((0, 0.3, 1))


def rays(*directions: tuple[float, float, float]) -> Vectors:
    return np.array([direction(one) for one in directions], dtype=np.float32).T


def picture(size: int = 64) -> Vectors:
    """A bright square on a dark ground."""
    values = np.full((3, size, size), 0.2, dtype=np.float32)
    values[:, size // 4 : size // 2, size // 4 : size // 2] = 0.8
    return values


def test_the_sky_is_brightest_at_the_sun_and_changes_upwards() -> None:
    sky = Sky((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), SUN)
    sun, horizon, zenith = sky(rays(SUN, (0, 0, -1), (0, 1, 0))).T
    assert sun.min() > 3
    assert horizon == pytest.approx([1, 0, 0], abs=0.01)
    assert zenith[2] > 0.9


def test_clouds_cover_more_with_more_cover_and_stars_only_some_of_the_sky() -> None:
    rng = np.random.default_rng(0)
    ways = rays(*((float(x), 0.6, float(z)) for x, z in rng.uniform(-1, 1, (2000, 2))))
    black = ((0, 0, 0), (0, 0, 0), SUN, (0, 0, 0), 0)
    seen = [
        Sky(*black, clouds=Clouds(Noise(1), cover))(ways)[0].mean() for cover in (0.2, 0.5, 0.8)
    ]
    assert seen == sorted(seen)
    stars = Sky(*black, stars=1.0)(ways)[0]
    assert 0 < (stars > 0.1).mean() < 0.2


def test_a_planet_hides_stars_and_rings_can_be_missing() -> None:
    night = Sky((0, 0, 0), (0, 0, 0), SUN, (0, 0, 0), 0)
    bands = ((1.0, 0.5, 0.2), (0.9, 0.6, 0.3), (0.5, 0.2, 0.1))
    both = [
        Planet(night, (0, 0, 1), 0.2, Noise(1), bands, rings=rings, tilt=0.0)(
            rays((-0.1, 0.05, 1), (0.42, 0.0, 1), (0, 0, -1))
        )
        for rings in (True, False)
    ]
    for ringed in both:
        assert ringed[0, 0] > 0.1
        assert ringed[0, 2] == 0
    assert both[0][0, 1] > 0.1 > both[1][0, 1]


def test_a_room_is_bright_at_its_window() -> None:
    room = Studio(at=(-1, 0, 0))
    window, wall = room(rays((-1, 0.1, 0.1), (1, 0, 0))).T
    assert window[0] > 10 * wall[0]


def test_blurs_keep_the_light() -> None:
    assert disc(3.0).sum() == pytest.approx(1)
    flat = np.full((3, 40, 40), 0.7, dtype=np.float32)
    assert convolved(flat, disc(2.5)) == pytest.approx(flat, abs=1e-5)
    assert softened(flat[0], 5) == pytest.approx(flat[0], abs=1e-5)


def test_only_what_is_out_of_focus_is_blurred() -> None:
    values = picture()
    depth = np.full((64, 64), 2.0, dtype=np.float32)
    shot = Shot(values, depth, np.zeros((64, 64), dtype=np.float32))
    sharp, lens = Camera((0, 0, 0), (0, 0, 1)), (0, 0, 0)
    assert focused(shot, sharp) is values
    kept = focused(shot, Camera(lens, (0, 0, 1), focus=2.0, aperture=0.1))
    assert kept == pytest.approx(values, abs=1e-4)
    blurred = focused(shot, Camera(lens, (0, 0, 1), focus=8.0, aperture=0.1))
    assert np.abs(blurred - values).max() > 0.1
    assert blurred.mean() == pytest.approx(values.mean(), rel=0.02)


def test_light_becomes_levels_in_order_and_bloom_adds_only_around_what_is_bright() -> None:
    steps = np.linspace(0, 4, 50)
    film = developed(steps[None, :], 1.0)[0]
    assert film[0] == pytest.approx(0, abs=0.01)
    assert (np.diff(film) > 0).all()
    assert film[-1] <= 1
    assert bloomed(picture(), 1.0) == pytest.approx(picture())
    assert bloomed(4 * picture(), 1.0)[0, 14, 14] > 4 * 0.2 + 0.05


def test_an_image_has_the_values_and_sharpening_raises_its_edges() -> None:
    image = to_image(picture())
    assert image.size == (64, 64)
    assert image.getpixel((20, 20)) == (204, 204, 204)
    assert np.asarray(sharpened(image, 2.0)).std() > np.asarray(image).std()


def test_strokes_flatten_texture_and_keep_edges() -> None:
    rng = np.random.default_rng(0)
    noisy = picture() + 0.03 * rng.normal(size=(1, 64, 64)).astype(np.float32)
    painted = brush.painted(noisy, 4)
    assert painted[0, 36:60, 36:60].std() < 0.5 * noisy[0, 36:60, 36:60].std()
    assert painted[0, 24, 18] - painted[0, 24, 12] > 0.5
    assert brush.canvas(painted, 0.5).shape == painted.shape


def test_ink_is_grey_but_for_what_is_red() -> None:
    values = np.full((3, 8, 8), 0.4, dtype=np.float32)
    values[1, :4] = 0.5
    values[:, 4:] = np.array([0.8, 0.1, 0.1])[:, None, None]
    inked = brush.inked(values)
    assert inked[:, 0].max() - inked[:, 0].min() < 0.2
    assert inked[:, 7, 7] == pytest.approx([0.8, 0.1, 0.1])


@pytest.mark.parametrize("effect", [brush.warped, brush.melted, brush.garbled])
def test_a_flaw_of_authenticity_changes_more_the_more_severe_it_is(
    effect: Callable[[Vectors, Floats, float, float], Vectors],
) -> None:
    u = np.linspace(0, 6, 96)
    values = (0.5 + 0.3 * np.sin(u[:, None] * 3) * np.sin(u[None, :] * 4))[None].repeat(3, axis=0)
    where = np.ones((96, 96), dtype=np.float32)
    moved = [np.abs(effect(values, where, s, 0.3) - values).mean() for s in (0.1, 0.5, 1.0)]
    assert moved == sorted(moved)
    assert moved[0] > 0


def test_flaws_lie_where_things_stand_or_everywhere() -> None:
    things = np.zeros((64, 64), dtype=np.float32)
    assert brush.spread_of(things).min() == 1
    things[20:40, 20:40] = 1
    spread = brush.spread_of(things)
    assert spread[30, 30] > 0.9
    assert spread[5, 5] == pytest.approx(0, abs=1e-4)
