"""What a model card says: the facts of one run, collected, before anything is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.server_verdict import ServerVerdict
from evaluation.clause import Clause
from evaluation.verdict import Verdict
from pipeline.config import ModelCardConfig
from report.results.fit_record import FitRecord
from report.results.score_slices import ScoreSlice


@dataclass(frozen=True)
class SplitFacts:
    """What a split was seen to hold, photograph by photograph.

    Attributes:
        poses: Photographs by pose, which is cars by pose; -1 where unknown.
        makes: Cars by make; empty where unknown.
        years: Cars by year; -1 where unknown.
        sizes: Photographs by width and height, pixels.
        smallest_mask: The photograph whose mask covers the least of it, and that share, 0..1; None
            where no photograph has a mask.
        largest_mask: The same of the most.
    """

    poses: Mapping[int, int]
    makes: Mapping[str, int]
    years: Mapping[int, int]
    sizes: Mapping[tuple[int, int], int]
    smallest_mask: tuple[str, float] | None
    largest_mask: tuple[str, float] | None


@dataclass(frozen=True)
class DataFacts:
    """What the model was made of and scored on.

    Attributes:
        photographs: Per split.
        cars: Per split.
        splits: More of each split that holds photographs; empty where no photograph was looked at.
        span: That the data are of, as it is shown; empty where there are no spans.
        fingerprint: By which the data are told from others; empty where it was not kept.
        quarantined: Files that were set aside, by reason.
        cars_without_metadata: Cars whose make and year nobody knows.
    """

    photographs: Mapping[str, int]
    cars: Mapping[str, int]
    splits: Mapping[str, SplitFacts]
    span: str
    fingerprint: str
    quarantined: Mapping[str, int]
    cars_without_metadata: int


@dataclass(frozen=True)
class WorstPhotograph:
    """A test photograph that the model masked badly.

    Attributes:
        image_id: Its name.
        pose: 1..16, -1 where unknown.
        dice: Of its mask.
        is_suspect: Whether its hand-made mask is probably what is wrong.
        fault: Why there is no mask; empty where there is one.
    """

    image_id: str
    pose: int
    dice: float
    is_suspect: bool
    fault: str


@dataclass(frozen=True)
class ModelCardFacts:
    """Everything on a card.

    All of it follows from the run's artifacts: a card that is made again says the same.

    Attributes:
        about: What the run cannot know.
        digest: SHA-256 of the model's files, see ``report.model_card.model_digest``.
        fit: How it was fitted.
        data: What it was fitted and scored on.
        verdict: Of the gate.
        server_verdict: Of the check in a server; None where the run has none.
        slices: Dice by feature (pose, make, year, mask_area), worst first; a feature with one value
            is left out.
        worst: The photographs it did worst on, worst first.
        suspects: How many test photographs' hand-made masks are probably wrong; None where nobody
            looked.
        ships_photographs: Whether photographs are shipped with it, as warm-up requests.
    """

    about: ModelCardConfig
    digest: str
    fit: FitRecord
    data: DataFacts
    verdict: Verdict
    server_verdict: ServerVerdict | None
    slices: Mapping[str, tuple[ScoreSlice, ...]]
    worst: tuple[WorstPhotograph, ...]
    suspects: int | None
    ships_photographs: bool

    @property
    def is_blessed(self) -> bool:
        """Whether the gate, and the check in a server where there was one, let it pass."""
        return self.verdict.blessed and (self.server_verdict is None or self.server_verdict.blessed)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All that was asked of it, by the gate and then in a server."""
        server = self.server_verdict
        return self.verdict.clauses + (server.clauses if server and server.checked else ())

    @property
    def version(self) -> str:
        """The beginning of the digest: enough to tell the models of one studio."""
        return self.digest[:12]

    @property
    def date(self) -> str:
        """The day it was fitted, as ``2026-11-23``; empty where the record does not say."""
        return self.fit.finished[:10]
