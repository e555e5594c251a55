"""The part of a run's page that looks inside the networks, on one photograph."""

import tensorflow as tf

from report.network.activations import activations
from report.network.first_filters import first_filters
from report.network.median_photograph import median_photograph
from report.network.rebuilt_model import rebuilt_model
from report.run_files import RunFiles
from report.section import Section
from report.sections.network import network, no_network
from trainer.preprocessing import small_image

_NETWORKS = (("unet", "Inside the U-Net"), ("cnn", "Inside the CNN"))


def network_sections(files: RunFiles) -> tuple[Section, ...]:
    """Builds a section for each network that the run fitted.

    Args:
        files: Of the run.

    Raises:
        LookupError: If the test split holds no photograph.
        ValueError: If a file of the run cannot be read.
    """
    photograph, dice = median_photograph(files.examples, files.evaluation)
    encoded = tf.constant(photograph.image)
    sections = []
    for name, title in _NETWORKS:
        if name not in files.fits or name not in files.models:
            continue
        identity = f"network-{name}"
        rebuilt = rebuilt_model(files.fits[name], files.models[name])
        if rebuilt is None:
            sections.append(no_network(identity, title))
            continue
        model, config = rebuilt
        pixels = small_image(encoded, config.input.height, config.input.width).numpy()
        sections.append(
            network(
                identity,
                title,
                photograph.image_id,
                dice if name == "unet" else None,
                pixels,
                activations(model, config, pixels / 255.0),
                first_filters(model, config.unet.space_to_depth if name == "unet" else 1),
            )
        )
    return tuple(sections)
