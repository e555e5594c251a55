"""A car's stay in the studio: all that its photographs share, made once per car."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from studio.backdrop import render_backdrop
from studio.bodywork import Bodywork, add_bodywork
from studio.camera import Camera
from studio.cars import Car
from studio.config import StudioConfig
from studio.fittings import add_fittings
from studio.glazing import add_glazing
from studio.materials import Palette, palette_of
from studio.mesh import Mesh, MeshBuilder
from studio.seeds import Stream, generator
from studio.sensor import Sensor
from studio.wheels import add_wheels

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Scene:
    """A car, the studio around it and the camera, before the turntable is turned.

    Attributes:
        mesh: the car, in its own frame.
        palette: the car's materials.
        footprint: [K, 2] outline of the body on the floor, in the car's frame, metres.
        camera: where the backdrop was taken from; the picture lies `margin` pixels inside the
            backdrop.
        backdrop: [height + 2 margin, width + 2 margin, 3] uint8 RGB of the empty studio.
        margin: pixels by which the camera may move between photographs.
        sensor: lens and sensor faults.
    """

    mesh: Mesh
    palette: Palette
    footprint: npt.NDArray[np.float64]
    camera: Camera
    backdrop: Image
    margin: int
    sensor: Sensor


# Two, so that a caller who walks through cars in step with their neighbours does not rebuild them.
@lru_cache(maxsize=2)
def scene_of(car: Car, config: StudioConfig) -> Scene:
    """Builds the scene of a car, or returns the one built last.

    Args:
        car: from `draw_car`.
        config: only the photograph's size is used.

    Returns:
        The scene.
    """
    rng = generator(car.seed, Stream.BACKDROP, int(car.labelled), car.index)
    width, height = config.width, config.height
    camera = Camera.draw(rng, width, height)
    margin = max(1, round(0.012 * width))
    backdrop = render_backdrop(
        camera.shifted(margin, margin), width + 2 * margin, height + 2 * margin, rng
    )
    work = Bodywork.of(car)
    detail = int(np.clip(round(width / 640), 1, 3))
    builder = MeshBuilder()
    add_bodywork(builder, work, detail)
    add_wheels(builder, work, car, detail)
    add_glazing(builder, work, detail)
    add_fittings(builder, work, car, detail, camera.pixel)
    half = work.plan.xy[::6] * [0.95, 0.92]
    return Scene(
        mesh=builder.build(),
        palette=palette_of(car),
        footprint=np.concatenate([half, half[::-1] * [1, -1]]),
        camera=camera,
        backdrop=backdrop,
        margin=margin,
        sensor=Sensor.draw(rng, car.seed, width, height),
    )
