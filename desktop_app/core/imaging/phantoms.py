"""Made-up volumes of nuclei with known truth: for the sample project, the demo and tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3
from desktop_app.core.imaging.voxel_size import VoxelSize

_TRIES_PER_NUCLEUS = 60  # random places tried before a nucleus is left out; a crowded volume is full by then
_RADII = (0.75, 1.25)  # of the mean radius; these and the numbers below are by eye, for a picture like a microscope's
_LEANING = 0.93  # of the sum of two radii: a nucleus that leans on its neighbour flattens a little
_APART = 0.9  # of the sum of two radii: nearer ones would lie inside each other
_LONGEST_AXIS = 0.85, 1.15  # of the radius, each axis by itself
_DENTS, _DENT_WAVES = 0.05, 1.6  # of the radius; radians of a dent's wave over the surface
_FARTHEST = 1.35  # radii from the centre where no part of a nucleus is: the longest axis with its three dents
_BRIGHTNESS = (0.45, 1.5)  # of the mean: dim nuclei are seen, bright ones do not outshine the rest
_TEXTURE, _TEXTURE_WIDTH = 0.4, 1.3  # of the brightness; px over which chromatin is even
_DARKEST_TEXTURE = 0.1  # of the brightness: light is never negative
_HAZE = 0.22  # of the light: from above and below the plane in focus
_UNEVEN, _UNEVEN_WIDTH = 0.25, 0.3  # of the light; of the picture's edges
_LIGHT = (0.4, 1.6)  # of the mean light, so that no corner is black
_DEEPER_BLUR = 1.6  # times the blur in y and x: microscopes blur more along z
_BACKGROUND, _DARK = 60.0, 100.0  # grey values: of what glows everywhere, and of a camera without light
_PHOTON = 4.0  # grey values that a photon gives
_VOXEL_SIZE = VoxelSize(z=1.0, y=0.5, x=0.5, unit="µm")


@dataclass(frozen=True, slots=True)
class PhantomParameters:
    """What a made-up volume shows.

    Attributes:
        shape: (Z, Y, X); Z = 1 makes a 2D picture.
        nuclei: Number wanted; fewer where they do not fit.
        radius: Mean radius in y and x, px.
        touching: Share of the nuclei that lean on a neighbour, 0 to 1.
        voxel_size: Edges of a voxel; a larger z makes nuclei span fewer slices.
        contrast: Mean brightness of nuclei above the background, grey values.
        noise: Standard deviation of the camera's noise, grey values, besides photon noise.
        blur: Standard deviation of the microscope's blur, px in y and x.
    """

    shape: Index3 = (24, 96, 96)
    nuclei: int = 40
    radius: float = 8.0
    touching: float = 0.6
    voxel_size: VoxelSize = _VOXEL_SIZE
    contrast: float = 260.0
    noise: float = 18.0
    blur: float = 1.0


@dataclass(frozen=True, slots=True)
class Phantom:
    """A made-up volume.

    Attributes:
        image: (Z, Y, X) uint16.
        truth: (Z, Y, X) uint16, one number per nucleus from 1, 0 is background.
        voxel_size: Edges of a voxel.
    """

    image: NDArray[np.uint16]
    truth: NDArray[np.uint16]
    voxel_size: VoxelSize


def nuclei_phantom(parameters: PhantomParameters | None = None, *, seed: int = 0) -> Phantom:
    """Textured nuclei of uneven brightness, many of them touching, under uneven light, blur and noise.

    The same parameters and seed give the same volume.
    """
    wanted = parameters or PhantomParameters()
    rng = np.random.default_rng(seed)
    stretch = _stretch(wanted)
    centres, radii = _placed(wanted, stretch, rng)
    truth = _drawn(wanted.shape, centres, radii, stretch, rng)
    image = _photographed(truth, wanted, stretch, rng)
    return Phantom(image, truth, wanted.voxel_size)


def _stretch(wanted: PhantomParameters) -> NDArray[np.float64]:
    """Factors that turn voxel distances (z, y, x) into px of the x axis."""
    size = wanted.voxel_size
    flat = 0.0 if wanted.shape[0] == 1 else size.z / size.x
    return np.array([flat, size.y / size.x, 1.0])


def _placed(
    wanted: PhantomParameters, stretch: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres (n, 3) in voxels and radii (n,) in px, no two of them deeply inside each other."""
    extent = np.array(wanted.shape) * stretch
    centres = np.empty((wanted.nuclei, 3))
    radii = wanted.radius * rng.uniform(*_RADII, wanted.nuclei)
    count = 0
    for _ in range(wanted.nuclei * _TRIES_PER_NUCLEUS):
        if count == wanted.nuclei:
            break
        leaning = count > 0 and rng.random() < wanted.touching
        if leaning:
            neighbour = rng.integers(count)
            way = rng.normal(size=3) * (stretch > 0)
            reach = _LEANING * (radii[count] + radii[neighbour])
            centre = centres[neighbour] + way / np.linalg.norm(way) * reach
        else:
            centre = rng.uniform(0, 1, 3) * extent
        gaps = np.linalg.norm(centres[:count] - centre, axis=1) - _APART * (radii[:count] + radii[count])
        inside = bool(np.all((centre >= 0) & (centre <= extent)))
        if inside and (count == 0 or gaps.min() >= 0):
            centres[count] = centre
            count += 1
    voxels = np.divide(centres[:count], stretch, out=np.zeros((count, 3)), where=stretch > 0)
    return voxels, radii[:count]


def _drawn(
    shape: Index3,
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
    stretch: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.uint16]:
    """Truth: slightly dented ellipsoids; where two overlap, a voxel goes to the one it lies deeper in."""
    truth = np.zeros(shape, np.uint16)
    nearest = np.ones(shape, np.float32)
    for number, (centre, radius) in enumerate(zip(centres, radii, strict=True), start=1):
        reach = np.divide(_FARTHEST * radius, stretch, out=np.ones(3), where=stretch > 0)
        low = np.maximum(np.floor(centre - reach), 0).astype(int)
        high = np.minimum(np.ceil(centre + reach) + 1, shape).astype(int)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        grid = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
        depth = _dented_distance((grid - centre) * stretch / radius, rng)
        closer = depth < nearest[box]
        truth[box][closer] = number
        nearest[box][closer] = depth[closer]
    kept, renumbered = np.unique(truth, return_inverse=True)
    return renumbered.reshape(shape).astype(np.uint16) if kept.size < centres.shape[0] + 1 else truth


def _dented_distance(offsets: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """Distance from the centre in radii (…), with random axes' lengths and soft dents."""
    offsets = offsets / rng.uniform(*_LONGEST_AXIS, size=3)
    distance = np.linalg.norm(offsets, axis=-1)
    directions = offsets / np.maximum(distance, 1e-6)[..., None]
    waves, phases = rng.normal(size=(3, 3)) * _DENT_WAVES, rng.uniform(0, 2 * np.pi, size=3)
    dents = np.cos(directions @ waves.T + phases).sum(-1)
    return (distance * (1 + _DENTS * dents)).astype(np.float32)


def _photographed(
    truth: NDArray[np.uint16], wanted: PhantomParameters, stretch: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """The image (Z, Y, X) uint16 that a microscope might take of the truth."""
    shape = truth.shape
    sampling = np.where(stretch > 0, np.maximum(stretch, 1e-6), 1.0)
    brightness = rng.uniform(*_BRIGHTNESS, int(truth.max()) + 1)
    brightness[0] = 0.0
    texture = _soft_noise(shape, _TEXTURE_WIDTH / sampling, rng)
    glow = brightness[truth] * np.clip(1 + _TEXTURE * texture, _DARKEST_TEXTURE, None)
    haze = _HAZE * scipy.ndimage.gaussian_filter(glow, wanted.radius / sampling, mode="nearest")
    light = np.clip(1 + _UNEVEN * _soft_noise(shape, _UNEVEN_WIDTH * np.array(shape), rng), *_LIGHT)
    blur = wanted.blur * np.array([_DEEPER_BLUR, 1.0, 1.0]) / sampling
    signal = scipy.ndimage.gaussian_filter((glow + haze) * light, blur, mode="nearest") * wanted.contrast
    counted = rng.poisson(np.clip(signal + _BACKGROUND, 0, None) / _PHOTON) * _PHOTON
    measured = counted + rng.normal(0, wanted.noise, shape) + _DARK
    return np.clip(np.rint(measured), 0, 65535).astype(np.uint16)


def _soft_noise(shape: tuple[int, ...], sigma: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise with mean 0 and standard deviation 1."""
    noise = scipy.ndimage.gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return (noise - noise.mean()) / max(float(noise.std()), 1e-9)
