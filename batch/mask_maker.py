"""What a worker asks for masks: one model's own signature, or several models' probabilities."""

from collections.abc import Sequence
from typing import Protocol

from batch.answer import Answer
from batch.masking import Masking


class MaskMaker(Protocol):
    """Loaded models. Threads may ask at the same time."""

    def masks(self, photographs: Sequence[bytes]) -> list[Answer]:
        """Masks a batch.

        Args:
            photographs: JPEG or PNG files.

        Returns:
            One for each. A photograph that cannot be masked does not touch the others.

        Raises:
            BatchFailed: If the model fails for another reason than the photograph.
        """

    def close(self) -> None:
        """Frees the models."""


def load_mask_maker(masking: Masking) -> MaskMaker:
    """Loads what is asked for.

    Raises:
        BatchFailed: If a model cannot be loaded.
    """
    if masking.is_the_models_own:
        from batch.signature_masks import SignatureMasks

        return SignatureMasks.load(masking.members[0].path, as_rle=masking.as_rle)
    from batch.averaged_masks import AveragedMasks

    return AveragedMasks.load(masking)
