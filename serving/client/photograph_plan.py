"""Decides which photographs to mask and where each mask goes, before anything is sent.

All that can be refused from names alone is refused here: a mask must never overwrite a photograph,
nor the mask of another one.
"""

from dataclasses import dataclass
from pathlib import Path

_SUFFIXES = (".jpg", ".jpeg", ".png")


class PlanError(Exception):
    """INPUT and OUTPUT give nothing to do; the text is one line for the user."""


@dataclass(frozen=True)
class MaskTask:
    """One photograph and the file its mask goes to."""

    photograph: Path
    destination: Path


@dataclass(frozen=True)
class Refusal:
    """A photograph that gets no mask, and why, in one line."""

    photograph: Path
    reason: str


@dataclass(frozen=True)
class MaskPlan:
    """What a run will do.

    Attributes:
        tasks: The photographs to mask; no two have the same destination.
        refusals: The photographs left out, as their masks would overwrite something.
    """

    tasks: tuple[MaskTask, ...]
    refusals: tuple[Refusal, ...] = ()


def plan_masks(source: Path, output: Path) -> MaskPlan:
    """Pairs photographs with destinations.

    A file goes to OUTPUT itself if that ends in .png, otherwise into the folder OUTPUT. A folder's
    JPEG and PNG files, those in its subfolders too, keep their relative names, ending in .png.
    Hidden files, and OUTPUT if it lies in INPUT, are passed over.

    Args:
        source: A photograph, or a folder of them.
        output: A PNG file or a folder; it need not exist.

    Returns:
        The plan, in alphabetical order.

    Raises:
        PlanError: There is no photograph, or OUTPUT cannot be used with this INPUT.
    """
    if source.is_dir():
        return _plan_folder(source, output)
    if not source.exists():
        raise PlanError(f"There is no {source}: name a photograph or a folder of photographs.")
    is_file_name = output.suffix.lower() == ".png" and not output.is_dir()
    destination = output if is_file_name else output / f"{source.stem}.png"
    if destination.resolve() == source.resolve():
        raise PlanError(f"The mask would overwrite {source}: choose another OUTPUT.")
    return MaskPlan((MaskTask(source, destination),))


def _plan_folder(source: Path, output: Path) -> MaskPlan:
    # Resolved, as INPUT and OUTPUT may name one folder in two ways.
    root, results = source.resolve(), output.resolve()
    if root == results:
        raise PlanError(f"Masks and photographs would mix in {source}: choose another OUTPUT.")
    photographs = {
        root / path.relative_to(source): path
        for path in sorted(source.rglob("*"))
        if _is_photograph(path.relative_to(source)) and path.is_file()
    }
    if root in results.parents:
        photographs = {
            resolved: path
            for resolved, path in photographs.items()
            if results not in resolved.parents
        }
    if not photographs:
        raise PlanError(f"No JPEG or PNG files in {source}: nothing to mask.")
    tasks: dict[Path, MaskTask] = {}
    refusals = []
    for resolved, path in photographs.items():
        relative = resolved.relative_to(root).with_suffix(".png")
        if results / relative in photographs:
            reason = f"Its mask would overwrite {output / relative}: choose another OUTPUT."
            refusals.append(Refusal(path, reason))
        elif relative in tasks:
            other = tasks[relative].photograph
            reason = f"Its mask would overwrite that of {other}: rename one of the two."
            refusals.append(Refusal(path, reason))
        else:
            tasks[relative] = MaskTask(path, output / relative)
    return MaskPlan(tuple(tasks.values()), tuple(refusals))


def _is_photograph(relative: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in relative.parts)
    return relative.suffix.lower() in _SUFFIXES and not is_hidden
