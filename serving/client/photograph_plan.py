"""Decides which photographs to mask and where each result goes, before anything is sent.

All that can be refused from names alone is refused here: a result must never overwrite a
photograph, nor the result of another one, nor, without ``--force``, anything that is there.
"""

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from serving.client.photograph_folder import Refusal, find_photographs

# What a user who writes such a name means is one file, not a folder.
_FILE_SUFFIXES = (".png", ".jpg", ".jpeg", ".csv")


class PlanError(Exception):
    """INPUT and OUTPUT give nothing to do; the text is one line for the user."""


@dataclass(frozen=True)
class MaskTask:
    """One photograph, and where its result goes.

    Attributes:
        photograph: The file.
        name: What the photograph is called in a list: relative to INPUT, with its extension.
        destination: The file that the result becomes, or that it becomes a row of.
    """

    photograph: Path
    name: str
    destination: Path


@dataclass(frozen=True)
class MaskPlan:
    """What a run will do.

    Attributes:
        tasks: The photographs to mask; no two have the same destination, unless it has rows.
        refusals: What is left out, with the reasons.
        already_there: How many photographs are left out as they have their results.
    """

    tasks: tuple[MaskTask, ...]
    refusals: tuple[Refusal, ...] = ()
    already_there: int = 0


def plan_file(
    source: Path, output: Path, suffixes: tuple[str, ...] = (".png",), *, force: bool = False
) -> MaskTask:
    """Pairs one photograph with its destination.

    Args:
        source: The photograph.
        output: A file, if its name ends in one of ``suffixes``; otherwise a folder. Neither need
            exist.
        suffixes: How the result's name may end; in a folder it gets the first.
        force: Replace what is there.

    Raises:
        PlanError: There is no photograph, or OUTPUT cannot be used with it.
    """
    if not source.exists():
        raise PlanError(f"There is no {source}: name a photograph or a folder of photographs.")
    destination = output / f"{source.stem}{suffixes[0]}"
    if not output.is_dir() and output.suffix.lower() in _FILE_SUFFIXES:
        destination = output
    if destination.resolve() == source.resolve():
        raise PlanError(f"The result would overwrite {source}: choose another OUTPUT.")
    check_destination(destination, suffixes, force=force)
    return MaskTask(source, source.name, destination)


def check_destination(destination: Path, suffixes: tuple[str, ...], *, force: bool) -> None:
    """Refuses a file that cannot be written as what it is called.

    Raises:
        PlanError: Its name ends in the wrong way, or something is there already.
    """
    if destination.suffix.lower() not in suffixes:
        raise PlanError(f"Cannot write {destination}: its name must end in {_either(suffixes)}.")
    if destination.exists() and not force:
        raise PlanError(f"{destination} is already there: --force replaces it.")


def plan_folder(
    source: Path, output: Path, suffix: str = ".png", *, force: bool = False
) -> MaskPlan:
    """Pairs a folder's photographs with destinations of the same relative names.

    Args:
        source: The folder; see ``find_photographs`` for what is found in it.
        output: The folder for the results; it need not exist.
        suffix: What the results' names end in.
        force: Replace what is there; otherwise those photographs are counted, and left out.

    Returns:
        The plan, in alphabetical order.

    Raises:
        PlanError: OUTPUT cannot be used with this INPUT.
    """
    if output.suffix.lower() in _FILE_SUFFIXES and not output.is_dir():
        raise PlanError(f"Cannot write a folder's results into {output}: name a folder.")
    if source.resolve() == output.resolve():
        raise PlanError(f"Results and photographs would mix in {source}: choose another OUTPUT.")
    photographs, refusals = find_photographs(source, output)
    originals = {source.resolve() / path.relative_to(source) for path in photographs}
    results = output.resolve()
    taken: dict[Path, Path] = {}
    tasks, already_there = [], 0
    for path in photographs:
        name = path.relative_to(source)
        relative = name.with_suffix(suffix)
        if results / relative in originals:
            reason = f"Its result would overwrite {output / relative}: choose another OUTPUT."
            refusals.append(Refusal(path, reason))
        elif relative in taken:
            reason = f"Its result would overwrite that of {taken[relative]}: rename one of the two."
            refusals.append(Refusal(path, reason))
        else:
            taken[relative] = path
            if not force and _is_done(output / relative):
                already_there += 1
            else:
                tasks.append(MaskTask(path, name.as_posix(), output / relative))
    return MaskPlan(tuple(tasks), tuple(refusals), already_there)


def plan_rows(source: Path, table: Path, rows: Container[str], *, force: bool = False) -> MaskPlan:
    """Lists the photographs that have no row in a table yet.

    Args:
        source: A photograph, or a folder of them.
        table: The csv file; it need not exist.
        rows: The names that have a row.
        force: Replace those rows; otherwise those photographs are counted, and left out.

    Returns:
        The plan, in alphabetical order.

    Raises:
        PlanError: There is no INPUT.
    """
    if not source.exists():
        raise PlanError(f"There is no {source}: name a photograph or a folder of photographs.")
    folder = source if source.is_dir() else source.parent
    photographs, refusals = find_photographs(source, table) if source.is_dir() else ([source], [])
    tasks, already_there = [], 0
    for path in photographs:
        name = path.relative_to(folder).as_posix()
        if "\n" in name or "\r" in name:
            refusals.append(Refusal(path, "Its name has a line break, and a row none: rename it."))
        elif name in rows and not force:
            already_there += 1
        else:
            tasks.append(MaskTask(path, name, table))
    return MaskPlan(tuple(tasks), tuple(refusals), already_there)


def check_table(table: Path) -> None:
    """Refuses what is not named like a table.

    Raises:
        PlanError: It does not end in .csv, or it is a folder.
    """
    if table.suffix.lower() != ".csv" or table.is_dir():
        raise PlanError(f"Cannot write rows to {table}: name a file that ends in .csv.")


def _is_done(destination: Path) -> bool:
    # An empty file is what a machine that lost its power may leave.
    return destination.is_file() and destination.stat().st_size > 0


def _either(suffixes: tuple[str, ...]) -> str:
    return " or ".join(suffixes)
