"""What each choice of the recipe is worth: short fits of carvana-128, each with one thing changed.

Needs the challenge's photographs and hours, so it is no part of ``make bench``:

    .venv/bin/python -m benchmarks.ablation --data DIR --workdir runs/ablation [NAME ...]

All variants share one workdir: photographs are read, checked and transformed once. What changes
only the way from logits to mask takes the baseline's weights and fits nothing. The results file is
added to as each variant ends; one that is in it is not fitted again. Choices are made by val Dice;
test Dice stands beside it to be read once, at the end.
"""

import json
import subprocess
import sys
from pathlib import Path

import click
from ml_metadata.proto import metadata_store_pb2

from benchmarks.machine import machine
from benchmarks.open_gate import OPEN_GATE
from pipeline.run_record import last_run
from trainer.fit import WEIGHTS_FILE

_EPOCHS = 30
_AUGMENTATION = "unet_fit.augmentation"
VARIANTS: dict[str, tuple[str, ...]] = {
    "baseline": (),
    "seed 1": ("unet_fit.seed=1",),
    "seed 2": ("unet_fit.seed=2",),
    "no flip averaging": ("unet_prediction.flip_average=false",),
    "probabilities enlarged": ("unet_prediction.enlarge=probability",),
    "no running mean of weights": ("unet_fit.ema_momentum=0",),
    "no clipping": ("unet_fit.clip_norm=0",),
    "float32": ("unet_fit.precision=float32",),
    "no HSV": (f"{_AUGMENTATION}.hsv=0",),
    "no warp": (f"{_AUGMENTATION}.warp=0",),
    "no light": tuple(f"{_AUGMENTATION}.{name}=0" for name in ("brightness", "contrast", "colour")),
    "no augmentation but flip": (
        f"{_AUGMENTATION}.hsv=0",
        f"{_AUGMENTATION}.warp=0",
        *(f"{_AUGMENTATION}.{name}=0" for name in ("brightness", "contrast", "colour")),
    ),
    "rotate 5 degrees": (f"{_AUGMENTATION}.rotate=5",),
    "blur, noise and JPEG": tuple(
        f"{_AUGMENTATION}.{name}=0.2" for name in ("blur", "noise", "jpeg")
    ),
    "focal loss": ("unet_fit.loss=focal_dice",),
    "boundary-weighted loss": ("unet_fit.loss=boundary_dice",),
    "Lovász loss": ("unet_fit.loss=lovasz",),
    "residual levels": ("unet.residual=true",),
    "dilated centre": ("unet.dilated_centre=4",),
    "deep supervision": ("unet.deep_supervision=2",),
    "MobileNetV2 encoder, random": ("unet.encoder=MobileNetV2",),
    "256x256 behind space-to-depth": ("input.height=256", "input.width=256")
    + ("unet.space_to_depth=2",),
    "192x128": ("input.width=192",),
    "RMSprop and plateau": (
        "unet_fit.optimizer=rmsprop",
        "unet_fit.schedule=reduce_on_plateau",
        "unet_fit.learning_rate=1e-4",
    ),
}
_RESULTS = Path(__file__).parent / "results" / "ablation.json"


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Photographs.")
@click.option("--workdir", type=click.Path(path_type=Path), required=True)
@click.option("--epochs", default=_EPOCHS, show_default=True)
@click.argument("names", nargs=-1, type=click.Choice(list(VARIANTS)))
def main(data: Path, workdir: Path, epochs: int, names: tuple[str, ...]) -> None:
    """Fits the NAMES, or all variants that have no result yet."""
    results = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {"variants": {}}
    results["machine"] = machine()
    for name in names or VARIANTS:
        if name in results["variants"] and not names:
            continue
        changes = [f"unet_fit.epochs={epochs}", f"unet_fit.patience={epochs}", "cnn_fit.epochs=1"]
        changes += [*OPEN_GATE, *VARIANTS[name]]
        if any(change.startswith("unet_prediction.") for change in VARIANTS[name]):
            changes += ["unet_fit.epochs=0", f"unet_fit.initial_weights={_baseline(workdir)}"]
        results["variants"][name] = {"epochs": epochs, **_fit(data, workdir, changes)}
        if name == "baseline":
            _remember_baseline(workdir)
        _RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
        click.echo(f"{name}: {results['variants'][name]}")


def _fit(data: Path, workdir: Path, changes: list[str]) -> dict[str, float | int]:
    overrides = [part for change in changes for part in ("--set", change)]
    run = subprocess.run(
        [sys.executable, "local_runner.py", "--preset", "carvana-128", "--data", data]
        + ["--workdir", workdir, *overrides],
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise click.ClickException((run.stdout + run.stderr)[-2000:])
    unet = json.loads((workdir / "summary.json").read_text())["models"]["unet"]
    return {
        "test_dice": round(unet["test_dice"], 5),
        "val_dice": round(unet["val_dice"], 5),
        "seconds": round(unet["fit_seconds"]),
        "parameters": unet["parameters"],
    }


def _baseline(workdir: Path) -> Path:
    return (workdir / "baseline.weights.h5").resolve()


def _remember_baseline(workdir: Path) -> None:
    metadata = metadata_store_pb2.ConnectionConfig()
    metadata.sqlite.filename_uri = str(workdir / "metadata.sqlite")
    model = Path(last_run(metadata).uris["Trainer.unet", "model"])
    _baseline(workdir).write_bytes((model / WEIGHTS_FILE).read_bytes())


if __name__ == "__main__":
    main()
