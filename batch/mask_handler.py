"""The model handler that Beam's ``RunInference`` drives: loaded once per process, asked in batches.

What goes in is a photograph that was read, or could not be; what comes out is its answer. A refused
photograph is an answer too: ``RunInference``'s own dead letters would take the whole batch along.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apache_beam.ml.inference.base import ModelHandler, PredictionResult

from batch.answer import Answer
from batch.mask_maker import MaskMaker, load_mask_maker
from batch.masking import Masking
from batch.read_photograph import ReadPhotograph


class MaskHandler(ModelHandler[ReadPhotograph, PredictionResult, MaskMaker]):
    """Masks photographs; predictions are ``Answer``."""

    def __init__(self, masking: Masking, batch_size: int) -> None:
        """Makes the handler.

        Args:
            masking: What is asked of the models.
            batch_size: Photographs in a request; the last one of a bundle may have fewer.
        """
        super().__init__()
        self._masking = masking
        self._batch_size = batch_size

    def load_model(self) -> MaskMaker:
        """Loads the models, in the worker."""
        return load_mask_maker(self._masking)

    def run_inference(
        self,
        batch: Sequence[ReadPhotograph],
        model: MaskMaker,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PredictionResult]:
        """Masks those photographs of a batch that could be read."""
        del inference_args
        readable = [each.content for each in batch if each.detail is None]
        answers = iter(model.masks(readable) if readable else [])
        return [
            PredictionResult(
                each,
                next(answers)
                if each.detail is None
                else Answer(b"", reason=each.reason, detail=each.detail),
            )
            for each in batch
        ]

    def get_num_bytes(self, batch: Sequence[ReadPhotograph]) -> int:
        """Returns the size of the files; the default would pickle them to find out."""
        return sum(len(each.content) for each in batch)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Makes batches of one size, whatever they take."""
        return {"min_batch_size": self._batch_size, "max_batch_size": self._batch_size}
