"""What a candidate must show in its server, and how it is signed."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT, Count, Fraction, Positive

ServerName = Literal["auto", "tensorflow_model_server", "embedded"]


@dataclass(frozen=True, config=STRICT)
class ServerCheckConfig:
    """What a candidate must show in a server of its own before it is pushed.

    Attributes:
        server: Which server it must run in; ``auto`` is ``tensorflow_model_server`` where it is
            found on the PATH, else the embedded one.
        photographs: How many of the val split it is asked for, one at a time.
        repetitions: How often it is asked for each of them.
        warmup_requests: How many of them, at most, the pushed model brings along as requests that a
            server sends to itself before it serves; 0 ships no photograph with the model.
        max_start: Seconds from the server's start until it serves, warm-up included.
        max_latency: Median seconds per photograph over gRPC.
        max_slowest: Seconds of the slowest; after so many a request is given up.
        max_memory: Most resident memory of the server's process, MiB.
        max_unequal_pixels: Share of a mask's pixels that may differ from the mask computed in
            process: another build of TensorFlow rounds differently.
    """

    server: ServerName = "auto"
    photographs: Annotated[int, Field(ge=1, le=1000)] = 4
    repetitions: Positive = 3
    warmup_requests: Count = 4
    max_start: Annotated[float, Field(gt=0.0)] = 300.0
    max_latency: Annotated[float, Field(gt=0.0)] = 2.0
    max_slowest: Annotated[float, Field(gt=0.0)] = 10.0
    max_memory: Positive = 4096
    max_unequal_pixels: Fraction = 0.0001


@dataclass(frozen=True, config=STRICT)
class SigningConfig:
    """How a pushed model is signed.

    Attributes:
        private_key: PEM file of an elliptic curve key, see docs/signing.md; empty pushes models
            unsigned.
    """

    private_key: str = ""
