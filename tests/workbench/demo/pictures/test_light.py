"""Light on simple scenes, against arithmetic by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from workbench.demo.pictures.fields import Floats, Vectors, column
from workbench.demo.pictures.light import render
from workbench.demo.pictures.solids import box, sphere
from workbench.demo.pictures.stage import Camera, Lamp, Material, Solid, Stage, turn_about

CHALK = Material((0.5, 0.25, 0.1), rough=1.0, shine=0.0)


def black(rays: Vectors) -> Vectors:
    return np.zeros(rays.shape, dtype=np.float32)


def blue(rays: Vectors) -> Vectors:
    return np.broadcast_to(column((0.0, 0.0, 1.0)), rays.shape).astype(np.float32).copy()


#: Straight down on the floor, sun from 60° above the horizon, no light from elsewhere.
FLOOR = Stage(
    [],
    Camera((0, 4, -0.001), (0, 0, 0), 0.5),
    black,
    floor=CHALK,
    sun=(0.5, 3**0.5 / 2, 0),
    sunlight=(2.0, 2.0, 2.0),
    above=(0, 0, 0),
    beneath=(0, 0, 0),
)


def centre(values: Vectors) -> Floats:
    return values[..., values.shape[-1] // 2, values.shape[-1] // 2]


def test_a_chalk_floor_takes_the_sun_by_the_cosine_of_its_angle() -> None:
    shot = render(FLOOR, 9)
    expected = 2.0 * 3**0.5 / 2 * np.array(CHALK.colour)
    assert centre(shot.light) == pytest.approx(expected, rel=1e-3)
    assert centre(shot.depth) == pytest.approx(4, rel=1e-3)


def test_the_sky_lights_what_the_sun_does_not() -> None:
    dim = replace(FLOOR, sunlight=(0.0, 0.0, 0.0), above=(0.8, 0.8, 0.8))
    assert centre(render(dim, 9).light) == pytest.approx(0.8 * np.array(CHALK.colour), rel=1e-3)


def test_what_stands_towards_the_sun_casts_a_shadow() -> None:
    ball = Solid(sphere((1, 3**0.5, 0), 0.5), CHALK)
    shot = render(replace(FLOOR, solids=[ball]), 9)
    assert centre(shot.light).max() < 0.01
    assert shot.things.max() == 1
    assert centre(shot.things) == 0


def test_the_ground_between_things_is_darker_than_in_the_open() -> None:
    walls = [Solid(box((x, 0.5, 0), (0.1, 0.5, 2)), CHALK) for x in (-0.25, 0.25)]
    dim = replace(FLOOR, sunlight=(0.0, 0.0, 0.0), above=(1, 1, 1))
    shot = render(replace(dim, solids=walls), 9)
    assert centre(shot.light)[0] < 0.85 * centre(render(dim, 9).light)[0]


def test_a_lamp_fades_with_the_square_of_the_distance() -> None:
    dark = replace(FLOOR, sunlight=(0.0, 0.0, 0.0))
    near, far = (
        centre(render(replace(dark, lamps=[Lamp((0, y, 0), (1, 1, 1))]), 9).light)[0]
        for y in (1.0, 2.0)
    )
    # Light is taken a little above the surface, so that it does not shade itself.
    assert near == pytest.approx(0.5, rel=0.02)
    assert near / far == pytest.approx(4, rel=0.02)


def test_a_lamp_behind_something_does_not_shine_if_it_casts_shadows() -> None:
    ball = Solid(sphere((0, 1, 0), 0.3), CHALK)
    camera = Camera((1.5, 1, 0), (0, 0, 0), 0.5)
    for shadow, lit in ((False, True), (True, False)):
        lamp = Lamp((0, 2, 0), (1, 1, 1), shadow=shadow)
        stage = replace(FLOOR, solids=[ball], camera=camera, sunlight=(0.0, 0.0, 0.0), lamps=[lamp])
        assert bool(centre(render(stage, 9).light)[0] > 0.05) is lit


def test_a_lamp_in_the_air_is_the_integral_over_the_ray() -> None:
    """A ray past the lamp at distance 0.5: ∫ dt / (0.25 + (t − 3)²) from 0 to the far end."""
    lamp = Lamp((0.5, 0, 3), (1, 0, 0), radius=0.05, halo=0.2)
    stage = Stage([], Camera((0, 0, 0), (0, 0, 1), 1e-4), black, lamps=[lamp], far=60.0)
    expected, _ = quad(lambda t: 1 / (0.25 + (t - 3) ** 2), 0, 60, points=[3])
    assert centre(render(stage, 3).light)[0] == pytest.approx(0.2 * expected, rel=1e-3)


def test_a_mirror_shows_the_thing_and_the_sky_around_it() -> None:
    silver = Material((0, 0, 0), rough=0.0, shine=1.0, mirror=True)
    red = Solid(box((0, 1, 4), (0.5, 2, 0.1)), Material((0, 0, 0), glow=(1.0, 0.0, 0.0)))
    stage = replace(FLOOR, solids=[red], floor=silver, sky=blue, sunlight=(0.0, 0.0, 0.0))
    camera = Camera((0, 1, 0), (0, 0, 2), 1.2)
    light = render(replace(stage, camera=camera), 21).light
    assert light[:, 10, 10] == pytest.approx([1, 0, 0], abs=0.05)
    assert light[:, 14, 0] == pytest.approx([0, 0, 1], abs=0.05)


def test_haze_takes_what_is_far_away() -> None:
    grey = replace(FLOOR, sunlight=(0, 0, 0), haze=0.25, haze_colour=(1, 1, 1), haze_sun=(1, 1, 1))
    assert centre(render(grey, 9).light)[0] == pytest.approx(1 - np.exp(-1.0), rel=1e-3)


def test_metal_reflects_in_its_own_colour() -> None:
    gold = Material((1.0, 0.5, 0.1), rough=0.0, shine=1.0, metal=True)
    stage = replace(FLOOR, floor=gold, sky=blue, sunlight=(0, 0, 0))
    light = centre(render(stage, 9).light)
    assert light[2] == pytest.approx(0.1, rel=0.05)
    assert light[0] == pytest.approx(0, abs=0.01)


def test_bumps_bend_the_light() -> None:
    wavy = replace(CHALK, bumps=lambda p: 0.1 * np.sin(8 * p[0]))
    flat, bumpy = (render(replace(FLOOR, floor=floor), 21).light[0] for floor in (CHALK, wavy))
    assert bumpy.std() > 10 * flat.std()


def test_a_camera_goes_round_what_it_looks_at() -> None:
    assert turn_about((1, 0, 2), 3.0, np.pi / 2, 5.0) == pytest.approx((4, 5, 2))
    assert turn_about((1, 0, 2), 3.0, 0.0, 5.0) == pytest.approx((1, 5, -1))
