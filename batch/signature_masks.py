"""Masks by one model's own signature: byte for byte those that a server sends."""

import time
from collections.abc import Sequence
from dataclasses import replace

from batch.answer import Answer, area_of_png, area_of_runs, refusal
from batch.loaded_model import ask, load_model
from batch.photograph_size import photograph_size
from serving.errors import ServingError
from serving.server.servable import DEFAULT_SIGNATURE, Servable
from trainer.signatures import MASK_PNG_BYTES, RLE


def signature_of(*, as_rle: bool) -> tuple[str, str]:
    """Returns the signature that gives masks, and its output."""
    return (RLE, RLE) if as_rle else (DEFAULT_SIGNATURE, MASK_PNG_BYTES)


class SignatureMasks:
    """See ``MaskMaker``."""

    def __init__(self, model: Servable, *, as_rle: bool) -> None:
        """Takes over a loaded model; use ``load``."""
        self._model = model
        self._as_rle = as_rle
        self._signature, self._output = signature_of(as_rle=as_rle)

    @classmethod
    def load(cls, path: str, *, as_rle: bool) -> "SignatureMasks":
        """Loads a version directory; see ``load_model``."""
        return cls(load_model(path), as_rle=as_rle)

    def masks(self, photographs: Sequence[bytes]) -> list[Answer]:
        """See ``MaskMaker``."""
        started = time.perf_counter()
        try:
            replies = ask(self._model, self._signature, self._output, list(photographs))
        except ServingError as error:
            if len(photographs) == 1:
                return [Answer.without_mask(refusal(error), time.perf_counter() - started)]
            # The text names at most four of them, and not what is wrong with broken pixels.
            return [self.masks([each])[0] for each in photographs]
        answers = [
            self._answer(each, bytes(reply))
            for each, reply in zip(photographs, replies, strict=True)
        ]
        seconds = (time.perf_counter() - started) / len(photographs)
        return [replace(answer, seconds=seconds) for answer in answers]

    def close(self) -> None:
        """See ``MaskMaker``."""
        self._model.close()

    def _answer(self, photograph: bytes, mask: bytes) -> Answer:
        height, width = photograph_size(photograph)
        area = area_of_runs(mask) if self._as_rle else area_of_png(mask)
        return Answer(mask, height, width, area)
