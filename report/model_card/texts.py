"""Sentences that both forms of a model card use."""

import re
from collections.abc import Mapping

from pipeline import features
from report.model_card.card import ModelCardFacts

# https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions, simple ones.
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_LISTED = 20


def is_spdx(licence: str) -> bool:
    """Whether a licence reads as an identifier of https://spdx.org/licenses, not as a text."""
    return _SPDX.fullmatch(licence) is not None


def overview(card: ModelCardFacts) -> str:
    """Says in a sentence what the model is."""
    size = card.fit.config.input
    return (
        "Cuts the object out of a studio photograph: the bytes of a JPEG or PNG file in, a mask of "
        f"the photograph's own size out. A U-Net that sees {size.width}x{size.height} pixels, "
        f"with {card.fit.parameters:,} parameters."
    )


def verdict_sentence(card: ModelCardFacts) -> str:
    """Says whether the model may be served, and by whose word."""
    server = card.server_verdict
    if not card.verdict.blessed:
        return "Rejected by the gate: it was not pushed and must not be served."
    if server is None:
        return "Blessed by the gate; it was not tried in a server."
    if not server.blessed:
        return (
            "Blessed by the gate, rejected by the check in its server: it was not pushed and must "
            "not be served."
        )
    return f"Blessed by the gate, and by the check in its server ({server.server})."


def fit_sentences(card: ModelCardFacts) -> list[str]:
    """Says how the model was fitted and how its answer becomes a mask."""
    fit, config = card.fit, card.fit.config
    network = config.unet
    start = f"the weights {_tail(fit.started_from)}" if fit.started_from else "random weights"
    if network.encoder != "plain":
        start += f", with a {network.encoder} encoder"
    devices = "" if fit.replicas == 1 else f" on {fit.replicas} devices"
    answers = "probabilities" if config.prediction.enlarge == "probability" else "logits"
    averaged = (
        "averaged with those of the mirrored photograph, " if config.prediction.flip_average else ""
    )
    return [
        f"{_epochs(fit.epochs)} in {_duration(fit.seconds)}{devices}, in {fit.precision}, from "
        f"{start}; loss {config.fit.loss}, optimizer {config.fit.optimizer}, "
        f"learning rate {config.fit.learning_rate:g}, {config.fit.batch_size} photographs a step, "
        f"seed {config.fit.seed}.",
        f"Its {answers} are {averaged}enlarged to the photograph's size, and cut at "
        f"{fit.threshold:g}: the threshold with the best Dice on {fit.val_photographs:,} "
        f"photographs of the val split ({fit.val_dice:.4f}).",
    ]


def versions(card: ModelCardFacts) -> dict[str, str]:
    """Returns what the model was fitted with, by name; empty where the record does not say."""
    known = dict(card.fit.versions)
    if card.fit.code:
        known["code of the fit"] = card.fit.code
    return known


def _epochs(count: int) -> str:
    if not count:
        return "Exported without a fit"
    return f"Fitted for {count:,} epoch{'' if count == 1 else 's'}"


def _tail(path: str) -> str:
    """Returns the end of a path: where a run's folder lies is nobody's business."""
    return "/".join(path.replace("\\", "/").split("/")[-3:])


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def data_rows(card: ModelCardFacts) -> list[list[str]]:
    """Returns a row per fact about the data: its name, then a cell for each split."""
    data = card.data
    rows = [
        ["photographs", *(f"{data.photographs.get(split, 0):,}" for split in features.SPLITS)],
        ["cars", *(f"{data.cars.get(split, 0):,}" for split in features.SPLITS)],
    ]
    known = [data.splits.get(split) for split in features.SPLITS]
    if any(known):
        rows += [
            ["photographs by pose", *(_poses(each.poses) if each else "" for each in known)],
            ["cars by make", *(_makes(each.makes) if each else "" for each in known)],
            ["years of the cars", *(_years(each.years) if each else "" for each in known)],
        ]
    return rows


def _poses(poses: Mapping[int, int]) -> str:
    known = {pose: count for pose, count in poses.items() if pose >= 1}
    if len(known) > 1 and len(set(known.values())) == 1:
        each = f"{next(iter(known.values())):,} in each of {len(known)} poses"
    else:
        each = ", ".join(f"{pose} ({count:,})" for pose, count in sorted(known.items()))
    return _with_unknown(each, poses.get(-1, 0))


def _makes(makes: Mapping[str, int]) -> str:
    known = sorted((make for make in makes if make), key=lambda make: (-makes[make], make))
    each = ", ".join(f"{make} ({makes[make]:,})" for make in known[:_LISTED])
    more = len(known) - _LISTED
    return _with_unknown(each + (f" and {more} more" if more > 0 else ""), makes.get("", 0))


def _years(years: Mapping[int, int]) -> str:
    known = sorted(year for year in years if year >= 0)
    return _with_unknown(f"{known[0]} to {known[-1]}" if known else "", years.get(-1, 0))


def _with_unknown(known: str, unknown: int) -> str:
    return ", ".join(filter(None, [known, f"unknown ({unknown:,})" if unknown else ""]))
