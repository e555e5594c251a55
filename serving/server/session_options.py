"""How much of the machine a loaded model may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SessionOptions:
    """Threads and devices of one servable's session.

    Attributes:
        intra_op_threads: Threads inside one operation; 0 lets TensorFlow choose.
        inter_op_threads: Operations run side by side; 0 lets TensorFlow choose.
        cpu_only: Leave the GPUs alone, for example because a trainer is using them.
    """

    intra_op_threads: int = 0
    inter_op_threads: int = 0
    cpu_only: bool = False
