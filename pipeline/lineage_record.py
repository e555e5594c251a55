"""What is known of a model's origin: the answer of ``pipeline.lineage``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Value = int | float | str


@dataclass(frozen=True)
class DataLineage:
    """The photographs that a model was made of.

    Attributes:
        path: Where they were read from, as ``--data`` said: a folder or a pattern of spans.
        fingerprint: Of what is there, see ``components.span_listing.spans_fingerprint``.
        config: Of PhotographExampleGen, as it was given.
        code: Digest of the code that read them; empty where it was not recorded.
        properties: Of the Examples artifact, such as ``span``.
        uri: Where the examples lie.
        ingested: When they were written.
        counts: ``photographs`` and ``groups`` (cars) per split, and ``quarantined`` per reason;
            empty where the step's files are gone.
    """

    path: str
    fingerprint: str
    config: Mapping[str, Any]
    code: str
    properties: Mapping[str, Value]
    uri: str
    ingested: datetime
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """A step's verdict on a model.

    Attributes:
        step: Component id, such as ``Gate``.
        blessed: The verdict.
        run: In which it was given.
        given: When.
    """

    step: str
    blessed: bool
    run: str
    given: datetime


@dataclass(frozen=True)
class Push:
    """One push of a model.

    Attributes:
        destination: The version directory.
        run: That pushed it.
        pushed: When.
    """

    destination: str
    run: str
    pushed: datetime


@dataclass(frozen=True)
class Lineage:
    """Where a model comes from, and where it went.

    Attributes:
        uri: Of the Model artifact.
        step: Component id of the Trainer that made it.
        run: In which it was made; runs that took it from the cache made nothing.
        started: When that step began.
        finished: When it ended.
        data: What it was fitted on; several where a run read several spans as several artifacts.
        trainer: The TrainerConfig that the step was given, as parsed JSON. What a search found is
            not in it, see ``hyperparameters``.
        code: Digests of the code of steps, by component id.
        weights: Digests of weights files that it could start from, as the Trainer was told them.
        hyperparameters: Artifact of the search whose result it was fitted with; None without one.
        tfx_version: That wrote the artifact; empty where it was not recorded.
        judgements: By the gate, and by the check in the server, in the order they were given.
        pushes: In the order they happened.
        parent: Of the model whose weights the fit began with; None where there was none.
    """

    uri: str
    step: str
    run: str
    started: datetime
    finished: datetime
    data: tuple[DataLineage, ...]
    trainer: Mapping[str, Any]
    code: Mapping[str, str]
    weights: Mapping[str, str]
    hyperparameters: str | None
    tfx_version: str
    judgements: tuple[Judgement, ...]
    pushes: tuple[Push, ...]
    parent: "Lineage | None"
