"""What the models are fitted to: one loss a file, all on logits and soft masks, per image."""

import keras

from pipeline.config import LossName
from trainer.losses.bce_dice import BceDiceLoss
from trainer.losses.boundary_dice import BoundaryDiceLoss
from trainer.losses.focal_dice import FocalDiceLoss
from trainer.losses.lovasz import LovaszLoss

__all__ = ["BceDiceLoss", "BoundaryDiceLoss", "FocalDiceLoss", "LovaszLoss", "make_loss"]


def make_loss(name: LossName) -> keras.losses.Loss:
    """Makes the loss of a name, with its default arguments.

    Args:
        name: As in ``FitConfig.loss``.

    Returns:
        A loss from float [N, H, W, 1] soft masks in [0, 1] and float [N, H, W, 1] logits to
        float32: ``call`` gives [N], one value per image; the loss itself their mean.
    """
    losses: dict[LossName, type[keras.losses.Loss]] = {
        "bce_dice": BceDiceLoss,
        "focal_dice": FocalDiceLoss,
        "boundary_dice": BoundaryDiceLoss,
        "lovasz": LovaszLoss,
    }
    return losses[name]()
