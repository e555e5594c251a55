"""How much of the machine a loaded model may use, and which part of a SavedModel is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorflow.core.protobuf import config_pb2


@dataclass(frozen=True)
class SessionOptions:
    """Threads and devices of one servable's session.

    Attributes:
        intra_op_threads: Threads inside one operation; 0 leaves it to ``config``.
        inter_op_threads: Operations run side by side; 0 leaves it to ``config``.
        cpu_only: Leave the GPUs alone, for example because a trainer is using them.
        per_process_gpu_memory_fraction: The share of a GPU's memory that is taken at once, 0 to 1;
            0 takes what is needed, as it is needed.
        saved_model_tags: The tags of the part of the SavedModel to load.
        config: Everything else a session can be told; TensorFlow's own choice if None.
    """

    intra_op_threads: int = 0
    inter_op_threads: int = 0
    cpu_only: bool = False
    per_process_gpu_memory_fraction: float = 0.0
    saved_model_tags: tuple[str, ...] = ("serve",)
    config: config_pb2.ConfigProto | None = None
