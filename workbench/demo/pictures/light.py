"""Light: rays are marched to what they meet, which is lit by sun, sky, lamps and reflections."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fields import RGB, Floats, Paint, Vectors, column, dot, mix, unit
from .stage import Lamp, Material, Solid, Stage

_STEPS = 140
_SHADOW_STEPS = 34
#: Rays that are followed at once, to bound the memory.
_AT_ONCE = 32768
#: Light of a lamp that is weaker adds nothing that can be seen.
_DIMMEST = 0.004
#: Where nothing is met.
_NOTHING = -1


@dataclass(frozen=True)
class Shot:
    """A picture before it is developed: light (3, size, size), depth (size, size), and where
    things stand rather than ground or sky, 0…1 (size, size)."""

    light: Vectors
    depth: Floats
    things: Floats


@dataclass(frozen=True)
class _Hits:
    """What rays met: points, their distance along the ray, and the number of the solid, −1 none
    and one past the last for the floor."""

    points: Vectors
    along: Floats
    which: NDArray[np.int64]


@dataclass(frozen=True)
class _Surface:
    """The looks of the points that were hit, each (n,) or (3, n)."""

    colour: Vectors
    glow: Vectors
    rough: Floats
    shine: Vectors
    soft: Floats
    mirror: NDArray[np.bool_]

    def of(self, some: NDArray[np.int64]) -> "_Surface":
        return _Surface(
            self.colour[:, some],
            self.glow[:, some],
            self.rough[some],
            self.shine[:, some],
            self.soft[some],
            self.mirror[some],
        )


def render(stage: Stage, size: int) -> Shot:
    """size × size pixels of what the camera sees, one ray each."""
    rays = stage.camera.rays(size)
    parts = [_part(stage, rays[:, at : at + _AT_ONCE]) for at in range(0, size * size, _AT_ONCE)]
    light, depth, things = (np.concatenate(found, axis=-1) for found in zip(*parts, strict=True))
    shape = (size, size)
    return Shot(light.reshape(3, *shape), depth.reshape(shape), things.reshape(shape))


def _part(stage: Stage, rays: Vectors) -> tuple[Vectors, Floats, Floats]:
    start = np.broadcast_to(column(stage.camera.at), rays.shape)
    light, hits = _look(stage, start, rays, bounces=1)
    things = np.zeros(hits.which.shape, dtype=np.float32)
    for number, solid in enumerate(stage.solids):
        if solid.thing:
            things[hits.which == number] = 1
    return light, np.minimum(hits.along, stage.far), things


def _look(stage: Stage, start: Vectors, rays: Vectors, bounces: int) -> tuple[Vectors, _Hits]:
    hits = _march(stage, start, rays)
    colour = stage.sky(rays)
    met = np.flatnonzero(hits.which != _NOTHING)
    if met.size:
        part = _Hits(hits.points[:, met], hits.along[met], hits.which[met])
        seen = _shade(stage, part, rays[:, met], bounces)
        colour[:, met] = _hazy(stage, seen, part, rays[:, met])
    for lamp in stage.lamps:
        if lamp.halo:
            colour += _halo(lamp, start, rays, hits.along)
    return colour, hits


def _nearest(solids: Sequence[Solid], points: Vectors) -> Floats:
    nearest = solids[0].distance(points)
    for solid in solids[1:]:
        nearest = np.minimum(nearest, solid.distance(points))
    return nearest


def _march(stage: Stage, start: Vectors, rays: Vectors) -> _Hits:
    """Steps as long as the nearest solid is far (sphere tracing); the floor is met exactly."""
    end = np.full(rays.shape[1], stage.far, dtype=np.float32)
    if stage.floor is not None:
        down = rays[1] < -1e-5
        end[down] = np.minimum(end, -start[1] / np.where(down, rays[1], -1))[down]
    along = np.full_like(end, 0.02)
    which = np.full(end.shape, _NOTHING)
    going = np.arange(end.size if stage.solids else 0)
    for _ in range(_STEPS):
        if not going.size:
            break
        at = along[going]
        gap = _nearest(stage.solids, start[:, going] + rays[:, going] * at)
        close = gap < 0.0003 + 0.0005 * at
        which[going[close]] = 0
        along[going] = at + np.where(close, 0, gap)
        going = going[~close & (along[going] < end[going])]
    which[going] = 0  # so near for so long: grazed
    points = start + rays * along
    for number, solid in _numbered(stage, which, points):
        which[solid] = number
    flat = (which == _NOTHING) & (end < stage.far)
    which[flat] = len(stage.solids)
    along = np.where(which == _NOTHING, stage.far, np.where(flat, end, along))
    return _Hits(start + rays * along, along, which)


def _numbered(
    stage: Stage, which: NDArray[np.int64], points: Vectors
) -> list[tuple[int, NDArray[np.int64]]]:
    """The number of each solid and the rays that met it."""
    met = np.flatnonzero(which != _NOTHING)
    if not met.size:
        return []
    gaps = np.stack([solid.distance(points[:, met]) for solid in stage.solids])
    nearest = gaps.argmin(axis=0)
    return [(number, met[nearest == number]) for number in range(len(stage.solids))]


def _normals(stage: Stage, hits: _Hits) -> Vectors:
    """Of the solids from four differences of distance; of the floor straight up."""
    normals = np.zeros_like(hits.points)
    normals[1] = 1
    met = np.flatnonzero(hits.which < len(stage.solids))
    if met.size:
        width = np.float32(0.0005) + np.float32(0.0006) * hits.along[met]
        total = np.zeros((3, met.size), dtype=np.float32)
        for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
            towards = column(corner)
            total += towards * _nearest(stage.solids, hits.points[:, met] + towards * width)
        normals[:, met] = unit(total)
    return normals


def _materials(stage: Stage) -> list[Material]:
    floor = [] if stage.floor is None else [stage.floor]
    return [solid.material for solid in stage.solids] + floor


def _surface(stage: Stage, hits: _Hits, normals: Vectors) -> _Surface:
    """The looks; bends `normals` where a material has bumps."""
    count = hits.along.size
    colour, glow, shine = (np.zeros((3, count), dtype=np.float32) for _ in range(3))
    rough, soft = np.zeros((2, count), dtype=np.float32)
    mirror = np.zeros(count, dtype=bool)
    for number, material in enumerate(_materials(stage)):
        here = np.flatnonzero(hits.which == number)
        if not here.size:
            continue
        points = hits.points[:, here]
        colour[:, here] = _painted(material.colour, points)
        glow[:, here] = _painted(material.glow, points)
        rough[here], soft[here], mirror[here] = material.rough, material.soft, material.mirror
        base = colour[:, here] if material.metal else np.ones((3, 1), dtype=np.float32)
        shine[:, here] = base * np.float32(material.shine)
        if material.metal:
            colour[:, here] *= 0.15
        if material.bumps is not None:
            normals[:, here] = _bent(material, points, normals[:, here], hits.along[here])
    return _Surface(colour, glow, rough, shine, soft, mirror)


def _painted(paint: RGB | Paint, points: Vectors) -> Vectors:
    return paint(points) if callable(paint) else column(paint)


def _bent(material: Material, points: Vectors, normals: Vectors, along: Floats) -> Vectors:
    if material.bumps is None:
        return normals
    width = 0.002 + 0.0012 * along
    middle = material.bumps(points)
    slope = np.stack(
        [
            (material.bumps(points + column(axis) * width) - middle) / width
            for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1))
        ]
    )
    return unit(normals - (slope - normals * dot(slope, normals)))


def _shadow(stage: Stage, points: Vectors, towards: Vectors, reach: Floats | float) -> Floats:
    """How much of the light in a direction arrives, 0…1, with a soft edge."""
    light = np.ones(points.shape[1], dtype=np.float32)
    if not stage.solids:
        return light
    along = np.full_like(light, 0.02)
    going = np.arange(light.size)
    towards = np.broadcast_to(towards, points.shape)
    limit = np.broadcast_to(np.float32(reach), light.shape)
    for _ in range(_SHADOW_STEPS):
        at = along[going]
        gap = _nearest(stage.solids, points[:, going] + towards[:, going] * at)
        light[going] = np.minimum(light[going], np.clip(stage.hardness * gap / at, 0, 1))
        along[going] = at + np.clip(gap, 0.012 + 0.01 * at, 2.0)
        going = going[(light[going] > 0.01) & (along[going] < limit[going])]
        if not going.size:
            break
    return light * light * (3 - 2 * light)


def _openness(stage: Stage, points: Vectors, normals: Vectors) -> Floats:
    """How much of the sky a point sees, 0…1: how fast solids give way above it."""
    closed = np.zeros(points.shape[1], dtype=np.float32)
    weight = 1.0
    for reach in (0.03, 0.09, 0.2, 0.4):
        above = points + normals * np.float32(reach)
        gap = np.full_like(closed, reach)
        if stage.solids:
            gap = np.minimum(gap, _nearest(stage.solids, above))
        if stage.floor is not None:
            gap = np.minimum(gap, above[1])
        closed += (weight * np.clip(reach - gap, 0, reach) / reach).astype(np.float32)
        weight *= 0.72
    found: Floats = np.clip(1 - 0.5 * closed, 0, 1) ** 1.3
    return found


def _shade(stage: Stage, hits: _Hits, rays: Vectors, bounces: int) -> Vectors:
    flat = _normals(stage, hits)
    normals = flat.copy()
    surface = _surface(stage, hits, normals)
    lifted = hits.points + flat * (0.004 + 0.001 * hits.along)
    open_ = _openness(stage, lifted, flat)
    colour = surface.glow + surface.colour * _skylight(stage, normals, open_)
    colour = colour + _sunlit(stage, surface, lifted, normals, rays)
    for lamp in stage.lamps:
        _add_lamp(stage, lamp, surface, lifted, normals, rays, colour)
    return colour + _mirrored(stage, surface, normals, lifted, rays, open_, bounces)


def _sunlit(
    stage: Stage, surface: _Surface, points: Vectors, normals: Vectors, rays: Vectors
) -> Vectors:
    sun, light = column(stage.sun), np.zeros_like(points)
    facing = dot(normals, sun) > -0.35
    met = np.flatnonzero(facing) if max(stage.sunlight) else np.empty(0, dtype=np.int64)
    arriving = column(stage.sunlight) * _shadow(stage, points[:, met], sun, 12.0)
    light[:, met] = _lit(surface.of(met), normals[:, met], rays[:, met], sun, arriving)
    return light


def _add_lamp(
    stage: Stage,
    lamp: Lamp,
    surface: _Surface,
    points: Vectors,
    normals: Vectors,
    rays: Vectors,
    colour: Vectors,
) -> None:
    """Adds the lamp's light to the colours of the points that it reaches."""
    way = column(lamp.at) - points
    far = np.sqrt(dot(way, way))
    met = np.flatnonzero(far < np.sqrt(max(lamp.colour) / _DIMMEST))
    if not met.size:
        return
    way, far = way[:, met] / far[met], far[met]
    strength = column(lamp.colour) / np.maximum(far, lamp.radius) ** 2
    if lamp.shadow:
        strength = strength * _shadow(stage, points[:, met], way, far - lamp.radius)
    colour[:, met] += _lit(surface.of(met), normals[:, met], rays[:, met], way, strength)


def _skylight(stage: Stage, normals: Vectors, open_: Floats) -> Vectors:
    share = 0.5 + 0.5 * normals[1]
    return mix(column(stage.beneath), column(stage.above), share) * open_


def _lit(
    surface: _Surface, normals: Vectors, rays: Vectors, towards: Vectors, light: Vectors
) -> Vectors:
    """Diffuse and glossy light from one direction (GGX lobe with Schlick's Fresnel)."""
    facing = dot(normals, towards)
    wrap = 0.5 * surface.soft
    diffuse = np.clip((facing + wrap) / (1 + wrap), 0, 1)
    half = unit(towards - rays)
    alpha = np.maximum(surface.rough**2, 0.015)
    closeness = np.clip(dot(normals, half), 0, 1)
    spread = alpha**2 / (np.pi * (closeness**2 * (alpha**2 - 1) + 1) ** 2)
    edge = (1 - np.clip(dot(half, towards), 0, 1)) ** 5
    fresnel = surface.shine + (1 - surface.shine) * edge
    gloss = fresnel * np.clip(spread, 0, 60) * np.clip(facing, 0, 1) * 0.25
    found: Vectors = light * (surface.colour * diffuse + gloss)
    return found


def _mirrored(
    stage: Stage,
    surface: _Surface,
    normals: Vectors,
    points: Vectors,
    rays: Vectors,
    open_: Floats,
    bounces: int,
) -> Vectors:
    """What the surface reflects: traced for mirrors, else a guess from the sky."""
    facing = np.clip(-dot(normals, rays), 0, 1)
    away = unit(rays + 2 * facing * normals)
    fresnel = surface.shine + (1 - surface.shine) * (1 - facing) ** 5 * (1 - surface.rough) ** 1.5
    dull = mix(column(stage.beneath), column(stage.above), 0.5 + 0.5 * away[1])
    guess = mix(stage.sky(away), dull, np.clip(surface.rough * 1.3, 0, 1)) * open_
    traced = np.flatnonzero(surface.mirror) if bounces else np.empty(0, dtype=np.int64)
    if traced.size:
        # A ray that would go on below the floor is a wave's far side: it sees what is just above.
        ahead = away[:, traced]
        ahead[1] = np.maximum(ahead[1], 0.01)
        guess[:, traced] = _look(stage, points[:, traced], unit(ahead), bounces - 1)[0]
    return fresnel * guess


def _hazy(stage: Stage, colour: Vectors, hits: _Hits, rays: Vectors) -> Vectors:
    if not stage.haze:
        return colour
    thin = np.exp(-stage.haze_fall * np.maximum(hits.points[1], 0))
    share = 1 - np.exp(-stage.haze * hits.along * thin)
    towards = np.clip(dot(rays, column(stage.sun)), 0, 1) ** 6
    return mix(colour, mix(column(stage.haze_colour), column(stage.haze_sun), towards), share)


def _halo(lamp: Lamp, start: Vectors, rays: Vectors, along: Floats) -> Vectors:
    """The lamp's light in the air along a ray: the integral of 1 / distance², in closed form."""
    way = start - column(lamp.at)
    middle = dot(way, rays)
    near = np.sqrt(np.maximum(dot(way, way) - middle**2, lamp.radius**2))
    sum_ = (np.arctan((along + middle) / near) - np.arctan(middle / near)) / near
    return column(lamp.colour) * sum_ * np.float32(lamp.halo)
