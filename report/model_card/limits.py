"""What a model cannot do or was never shown, in sentences, for the card's readers."""

from collections.abc import Iterator, Mapping, Sequence

from evaluation.evidence import CANDIDATE
from pipeline import features
from report.model_card.card import DataFacts, ModelCardFacts, SplitFacts, WorstPhotograph

# Of so few cars a make or a pose was hardly seen.
_FEW_CARS = 3
_NAMED = 12
# With fewer the bootstrap's interval is clearly too narrow, see evaluation.bootstrap.
_MANY_TEST_CARS = 30


def limits(card: ModelCardFacts) -> list[str]:
    """Returns sentences of plain text, each of which begins with a word of ours.

    Args:
        card: What is known.
    """
    return [
        *_door(card),
        *_resolution(card),
        *_unseen(card.data),
        *_evaluation(card),
        *_failures(card.worst),
    ]


def _door(card: ModelCardFacts) -> Iterator[str]:
    accepted = card.fit.config.limits
    yield (
        f"Takes JPEG and PNG files of up to {accepted.max_pixels / 1e6:g} megapixels and "
        f"{accepted.max_bytes / 1e6:g} MB, and refuses others with INVALID_ARGUMENT."
    )


def _resolution(card: ModelCardFacts) -> Iterator[str]:
    size = card.fit.config.input
    ceiling = card.verdict.models[CANDIDATE].ceiling
    perfect = (
        "" if ceiling is None else f": a perfect answer at that size has a Dice of {ceiling:.4f}"
    )
    yield (
        f"Sees every photograph at {size.width}x{size.height} pixels, whatever its size. Parts "
        f"that vanish at that size (antennas, wiper blades) are not in the mask{perfect}."
    )


def _unseen(data: DataFacts) -> Iterator[str]:
    train, test = (data.splits.get(split) for split in (features.TRAIN, features.TEST))
    if train is None:
        return
    yield from _poses(train)
    yield from _makes(train, test)
    if years := sorted(year for year in train.years if year >= 0):
        yield f"Fitted on cars of the years {years[0]} to {years[-1]}."
    if train.smallest_mask and train.largest_mask:
        yield (
            f"Fitted on objects that cover {train.smallest_mask[1]:.1%} "
            f"({train.smallest_mask[0]}) to {train.largest_mask[1]:.1%} "
            f"({train.largest_mask[0]}) of the photograph; on none smaller or larger."
        )
    if train.sizes:
        sizes = sorted(train.sizes, key=lambda size: size[0] * size[1])
        yield "Fitted on photographs of " + (
            f"{_size(sizes[0])} pixels only."
            if len(sizes) == 1
            else f"{len(sizes)} sizes, {_size(sizes[0])} to {_size(sizes[-1])} pixels."
        )


def _poses(train: SplitFacts) -> Iterator[str]:
    known = {pose: count for pose, count in train.poses.items() if pose >= 1}
    if not known:
        yield "Poses are not known: how it does from other sides was not looked at."
        return
    missing = [str(pose) for pose in range(1, 17) if pose not in known]
    if missing:
        yield f"Fitted on no photograph of pose {_named(missing)}."
    few = _few(known)
    if few:
        yield f"Fitted on fewer than {_FEW_CARS} cars in pose {_named(few)}."


def _makes(train: SplitFacts, test: SplitFacts | None) -> Iterator[str]:
    known = {make: count for make, count in train.makes.items() if make}
    if not known:
        yield "Makes are not known: how it does on other makes was not looked at."
        return
    few = _few(known)
    if few:
        yield f"Fitted on fewer than {_FEW_CARS} cars of these makes: {_named(few)}."
    strange = sorted(make for make in (test.makes if test else ()) if make and make not in known)
    if strange:
        yield f"Scored on makes that it was not fitted on: {_named(strange)}."


def _evaluation(card: ModelCardFacts) -> Iterator[str]:
    cars = card.data.cars.get(features.TEST, 0)
    if cars < _MANY_TEST_CARS:
        yield (
            f"Scored on {cars} {'car' if cars == 1 else 'cars'}: another choice of cars moves the "
            "third digit, and intervals over so few are too narrow."
        )
    if card.suspects:
        photographs = card.verdict.models[CANDIDATE].photographs
        yield (
            f"Scored against hand-made masks of which {card.suspects} in {photographs} are "
            "suspected to be wrong themselves."
        )
    if card.data.quarantined:
        reasons = ", ".join(f"{count} {reason}" for reason, count in card.data.quarantined.items())
        yield f"Files that were set aside, on which it was neither fitted nor scored: {reasons}."


def _failures(worst: Sequence[WorstPhotograph]) -> Iterator[str]:
    each = "; ".join(_failure(photograph) for photograph in worst)
    yield f"Worst on these test photographs: {each}."


def _failure(photograph: WorstPhotograph) -> str:
    pose = f"pose {photograph.pose}, " if photograph.pose >= 1 else ""
    what = f"no mask: {photograph.fault}" if photograph.fault else f"Dice {photograph.dice:.4f}"
    suspect = ", its hand-made mask is suspected" if photograph.is_suspect else ""
    return f"{photograph.image_id} ({pose}{what}{suspect})"


def _few(counts: Mapping[int, int] | Mapping[str, int]) -> list[str]:
    return [str(value) for value, count in sorted(counts.items()) if count < _FEW_CARS]


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
