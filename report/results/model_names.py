"""What a page calls the models."""

from collections.abc import Iterable

from evaluation.evidence import BLESSED, CANDIDATE

_NAMES = {
    CANDIDATE: "U-Net",
    BLESSED: "Last blessed",
    "cnn": "CNN",
    "average_mask": "Average mask",
}


def model_name(name: str) -> str:
    """Returns a model's name in words; one that is not known stays as it is."""
    return _NAMES.get(name, name)


def in_order(names: Iterable[str]) -> list[str]:
    """Sorts models' names: the candidate, what it replaces, the baselines, then others."""
    known = list(_NAMES)
    return sorted(
        names, key=lambda name: (known.index(name) if name in known else len(known), name)
    )
