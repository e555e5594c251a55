"""Does a model give the same masks on another stack than the one that pushed it?

On one stack ``give`` asks the newest pushed model for the masks of photographs, from its server
and in an evaluation, and lays all of it into a folder. On the other stack ``take`` does the same
with the model in that folder, and compares: of 100,000 pixels one may differ, and no photograph's
Dice by more than 0.0001.

    python -m benchmarks.portability give FOLDER        # where make run was called
    python -m benchmarks.portability take FOLDER        # on the other stack

``make test-debian13`` does both, in both directions.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2

from benchmarks.machine import machine
from evaluation.masked_photograph import decode_mask_png
from serving.server.server_process import ServerProcess

_MOST_DIFFERING = 1e-5
_MOST_DICE_DIFFERENCE = 1e-4
_MACHINE = "machine.json"
_REPLY_SECONDS = 60.0
_RESULTS = Path(__file__).parent / "results" / "portability.json"


@dataclass(frozen=True)
class Differences:
    """How the masks of one model on two stacks differ.

    Attributes:
        photographs: Masks compared.
        pixels: Pixels of all masks.
        differing_pixels: Pixels that are 0 on one side and 255 on the other.
        largest_dice_difference: Of any photograph's Dice at full resolution, as
            ``studio-mask evaluate`` gives it on each side.
    """

    photographs: int
    pixels: int
    differing_pixels: int
    largest_dice_difference: float

    @property
    def share(self) -> float:
        """Differing pixels, of all."""
        return self.differing_pixels / self.pixels


@click.group()
def main() -> None:
    """Asks one model for masks on two stacks, and compares."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--workdir", type=click.Path(exists=True, path_type=Path), default="runs/sample")
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="Photographs and masks, if not the workdir's rendered ones.",
)
def give(folder: Path, workdir: Path, data: Path | None) -> None:
    """Masks photographs with WORKDIR's newest model; FOLDER is empty, or an earlier call's."""
    pushed = workdir / "serving_models" / "mask"
    versions = [path for path in pushed.glob("*") if path.name.isdigit()]
    if not versions:
        sys.exit(
            f"{pushed} holds no model: the run that was to push one did not; look at its screen"
        )
    newest = max(versions, key=lambda path: int(path.name))
    if (folder / _MACHINE).is_file():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} holds other things than this command's; name an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    # First of all: what is left of a call that fails may be replaced by the next one.
    (folder / _MACHINE).write_text(json.dumps(machine()))
    shutil.copytree(newest, folder / "model" / newest.name)
    shutil.copytree(data or workdir / "photographs", folder / "data")
    _mask(folder, folder / "masks")
    _evaluate(folder, folder / "scores.csv")
    click.echo(f"{folder}: masks of {len(_photographs(folder))} photographs")


@main.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=_RESULTS,
    show_default=True,
    help="JSON file that gets the figures, beside those of the other direction.",
)
def take(folder: Path, results: Path) -> None:
    """Masks FOLDER's photographs with FOLDER's model on this stack, and compares."""
    with tempfile.TemporaryDirectory(prefix="studio-mask-") as scratch:
        _mask(folder, Path(scratch) / "masks")
        _evaluate(folder, Path(scratch) / "scores.csv")
        found = compare(folder, Path(scratch))
    there, here = json.loads((folder / _MACHINE).read_text()), machine()
    exporter = exported_with(folder / "model")
    click.echo(
        f"Model exported with TensorFlow {exporter}; masks with {_stack(there)} and with "
        f"{_stack(here)}: {found.differing_pixels} of {found.pixels:,} pixels differ in "
        f"{found.photographs} masks, Dice by {found.largest_dice_difference:.6f} at most"
    )
    if there["tensorflow"] == here["tensorflow"]:
        click.echo("That is the same TensorFlow on both sides: it says nothing about portability.")
    known = json.loads(results.read_text()) if results.exists() else {}
    known[f"{there['tensorflow']} to {here['tensorflow']}"] = {
        "exported_with": exporter,
        "given": there,
        "taken": here,
        **asdict(found),
    }
    results.write_text(json.dumps(known, indent=2) + "\n")
    if found.share > _MOST_DIFFERING:
        sys.exit(f"More than {_MOST_DIFFERING:g} of the pixels differ.")
    if found.largest_dice_difference > _MOST_DICE_DIFFERENCE:
        sys.exit(f"A Dice differs by more than {_MOST_DICE_DIFFERENCE:g}.")


def exported_with(model: Path) -> str:
    """Returns the version of TensorFlow that wrote a model.

    Args:
        model: The directory of its version directories; the SavedModel of any of them is read.
    """
    [path, *_] = sorted(model.glob("*/saved_model.pb"))
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    return saved.meta_graphs[0].meta_info_def.tensorflow_version


def compare(one: Path, other: Path) -> Differences:
    """Compares two folders with ``masks/`` and ``scores.csv``.

    Raises:
        ValueError: If they do not hold the same masks.
    """
    names = sorted(path.name for path in (one / "masks").iterdir())
    if names != sorted(path.name for path in (other / "masks").iterdir()):
        raise ValueError(f"{one} and {other} hold masks of different photographs")
    pixels = differing = 0
    for name in names:
        left, right = (decode_mask_png((at / "masks" / name).read_bytes()) for at in (one, other))
        pixels += left.size
        differing += int(np.count_nonzero(left != right))
    ours, theirs = _dice(one / "scores.csv"), _dice(other / "scores.csv")
    if ours.keys() != theirs.keys():
        raise ValueError(f"{one} and {other} hold scores of different photographs")
    largest = max(abs(ours[name] - theirs[name]) for name in ours)
    return Differences(len(names), pixels, differing, largest)


def _stack(machine: dict[str, str]) -> str:
    return f"{machine['tensorflow']} on Python {machine['python']}"


def _photographs(folder: Path) -> list[Path]:
    return sorted((folder / "data" / "train").iterdir())


def _mask(folder: Path, masks: Path) -> None:
    """Masks the photographs, one request each, by a server that runs the model."""
    masks.mkdir(parents=True)
    with ServerProcess(folder / "model", "mask", log=masks.parent / "server.log") as server:
        for path in _photographs(folder):
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "mask"
            image = request.inputs["image_bytes"]
            # DT_STRING, see tensorflow/core/framework/types.proto.
            image.dtype = 7
            image.tensor_shape.dim.add(size=1)
            image.string_val.append(path.read_bytes())
            reply = server.prediction.Predict(request, timeout=_REPLY_SECONDS)
            [mask] = reply.outputs["mask_png_bytes"].string_val
            (masks / f"{path.stem}.png").write_bytes(mask)


def _evaluate(folder: Path, scores: Path) -> None:
    """Scores the model with ``studio-mask evaluate``; keeps its row per photograph."""
    output = scores.parent / "evaluation"
    command = [Path(sys.executable).with_name("studio-mask"), "evaluate", "--output", output]
    subprocess.run(
        [*command, "--model", folder / "model", "--data", folder / "data"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.copyfile(output / "scores.csv", scores)


def _dice(scores: Path) -> dict[str, float]:
    with scores.open(newline="") as file:
        return {row["image_id"]: float(row["dice"]) for row in csv.DictReader(file)}


if __name__ == "__main__":
    main()
