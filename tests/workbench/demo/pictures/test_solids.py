"""Distances to solids, against geometry that a pencil does."""

import math

import numpy as np
import pytest

from workbench.demo.pictures import solids
from workbench.demo.pictures.fields import Noise, Vectors


def at(*points: tuple[float, float, float]) -> Vectors:
    return np.array(points, dtype=np.float32).T


def test_a_ball_is_as_far_as_its_centre_less_the_radius() -> None:
    ball = solids.sphere((1, 0, 0), 0.5)
    assert ball(at((1, 2, 0), (1, 0, 0), (4, 4, 0))) == pytest.approx([1.5, -0.5, 4.5])


def test_a_box_is_near_at_faces_edges_and_corners() -> None:
    box = solids.box((0, 0, 0), (1, 2, 3))
    points = at((2, 0, 0), (2, 3, 0), (2, 3, 4), (0, 0, 0))
    assert box(points) == pytest.approx([1, math.sqrt(2), math.sqrt(3), -1])


def test_a_turned_box_reaches_with_its_corner() -> None:
    box = solids.box((0, 0, 0), (1, 1, 1), turn=math.pi / 4)
    assert box(at((math.sqrt(2), 0, 0)))[0] == pytest.approx(0, abs=1e-5)


def test_a_cylinder_has_sides_and_ends() -> None:
    drum = solids.cylinder((0, 0, 0), 1.0, 2.0)
    assert drum(at((3, 0, 0), (0, 5, 0), (4, 6, 0))) == pytest.approx([2, 3, 5])


def test_a_tapered_cylinder_is_narrower_above() -> None:
    drum = solids.cylinder((0, 0, 0), 1.0, 1.0, narrow=0.5)
    assert drum(at((0.5, 1, 0), (1.0, 0, 0), (1.5, -1, 0))) == pytest.approx([0, 0, 0], abs=1e-6)


def test_a_rod_is_round_at_its_ends_and_may_taper() -> None:
    rod = solids.capsule((0, 0, 0), (0, 2, 0), 0.5, 0.1)
    assert rod(at((0, -1, 0), (0, 3, 0), (1.3, 1, 0))) == pytest.approx([0.5, 0.9, 1.0])


def test_a_ring_is_near_its_circle() -> None:
    ring = solids.torus((0, 0, 0), 2.0, 0.25)
    assert ring(at((2, 1, 0), (0, 0, 0))) == pytest.approx([0.75, 1.75])


def test_an_ellipsoid_is_met_at_the_ends_of_its_axes() -> None:
    egg = solids.ellipsoid((0, 0, 0), (1, 2, 0.5))
    assert egg(at((1, 0, 0), (0, 2, 0), (0, 0, 0.5))) == pytest.approx([0, 0, 0], abs=1e-6)
    assert egg(at((0, 0.2, 0)))[0] < 0


def test_solids_are_joined_cut_and_hollowed() -> None:
    one, other = solids.sphere((0, 0, 0), 1), solids.sphere((1, 0, 0), 1)
    point = at((1.5, 0, 0))
    assert solids.union(one, other)(point)[0] == pytest.approx(-0.5)
    assert solids.without(one, other)(point)[0] == pytest.approx(0.5)
    assert solids.within(one, other)(point)[0] == pytest.approx(0.5)
    assert solids.hollow(other, 0.1)(at((1, 0, 0)))[0] == pytest.approx(0.9)


def test_melding_fills_the_seam_and_leaves_the_rest() -> None:
    parts = solids.sphere((-1, 0, 0), 1), solids.sphere((1, 0, 0), 1)
    melded, union = solids.melded(0.4, *parts), solids.union(*parts)
    assert melded(at((0, 0, 0)))[0] == pytest.approx(-0.1)
    assert melded(at((5, 0, 0))) == pytest.approx(union(at((5, 0, 0))))


def test_a_placed_solid_is_moved_turned_and_larger() -> None:
    rod = solids.capsule((0, 0, 0), (1, 0, 0), 0.1)
    placed = solids.placed(rod, (5, 1, 0), tilt=-math.pi / 2, size=2)
    assert placed(at((5, 3, 0)))[0] == pytest.approx(-0.2, abs=1e-5)


def test_what_is_near_is_exact_and_what_is_far_no_farther_than_it_is() -> None:
    box = solids.box((0, 0, 0), (0.5, 0.5, 0.5))
    bounded = solids.near((0, 0, 0), 0.9, box)
    assert bounded(at((0.7, 0, 0))) == pytest.approx(box(at((0.7, 0, 0))))
    assert 0 < bounded(at((4, 3, 0)))[0] <= box(at((4, 3, 0)))[0]


def test_a_rough_surface_stays_within_its_noise() -> None:
    noise = Noise(1, 4, 3)
    rough = solids.rough(solids.below(0.0), noise, 0.5, 0.1)
    heights = np.array([[0.3, 0.01, -0.5], [2.0, 0.2, -0.5], [0.1, 0.4, -0.5]])
    assert rough(heights)[0] == pytest.approx(0.8 * 1.9)
    assert rough(heights)[2] < 0


def test_ground_lies_below_its_height() -> None:
    ground = solids.terrain(lambda x, z: 0.5 * x + 0 * z, 0.5)
    assert ground(at((2, 3, 0), (2, 1, 0))) == pytest.approx([1, 0])


def test_a_wood_has_gaps_and_trees_no_higher_than_said() -> None:
    x, z = (axis.ravel().astype(np.float32) for axis in np.mgrid[0:6:60j, 0:6:60j])
    heights = solids.cones(0.5, 1.0, 0.7)(x, z)
    assert heights.min() == 0
    assert 0.4 < heights.max() <= 1.15
    assert solids.cones(0.5, 1.0, 0.0)(x, z).max() == 0
