"""Exports everything the conformance suite serves, and prints the server's command line.

    python -m tests.conformance.models DIR

The folder then holds

    library/NAME/              SavedModels that tests push while the server runs
    served/NAME/VERSION/       what the server serves from its start: model_config.txt
    monitoring_config.txt      turns the metrics page on
    batching_*.txt             for a second server, which batches
    broken*, labels*, unequal_batching_parameters.txt     what a server must not start with
"""

import argparse
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance import saved_models

HALF_PLUS_TWO_VERSION = 123
MAX_BATCH_SIZE = 4
BATCH_TIMEOUT_S = 0.5
MAX_ENQUEUED_BATCHES = 2


@dataclass(frozen=True)
class Served:
    """One model of a server's configuration.

    Attributes:
        versions: Names of the version directories, and what of the library they hold.
        policy: The version policy, as text; empty for the default.
        labels: Version by label.
    """

    versions: Mapping[str, str]
    policy: str = ""
    labels: Mapping[str, int] = field(default_factory=dict)


_ONE = {"1": "half_plus_1"}
_TWO = _ONE | {"2": "half_plus_2"}
_THREE = _TWO | {"3": "half_plus_3"}

# Tests that change something have a model of their own, so that their order does not matter.
MODELS = {
    "half_plus_two": Served({f"{HALF_PLUS_TWO_VERSION:08}": "half_plus_2"}),
    "probe": Served({"1": "probe"}),
    "warmed": Served({"1": "warmed"}),
    "two_latest": Served(_THREE, "latest { num_versions: 2 }"),
    "all_versions": Served(_THREE, "all {}"),
    "chosen_versions": Served(_THREE, "specific { versions: 1 versions: 3 }"),
    "labelled": Served(_TWO, "all {}", {"stable": 1, "canary": 2}),
    "swapped": Served(_ONE),
    "rolled_back": Served(_TWO),
    "emptied": Served(_ONE),
    "uprooted": Served(_ONE),
    "negative": Served(_ONE, "all {}"),
    "deadline": Served({"1": "probe"}),
    "half_copied": Served(_ONE),
    "warmup_unknown_signature": Served(_ONE),
    "warmup_too_many": Served(_ONE),
    "warmup_unreadable": Served(_ONE),
}
BROKEN = {
    name: Served({"1": name})
    for name in ("half_copied", "warmup_unknown_signature", "warmup_too_many", "warmup_unreadable")
}


def export(directory: Path) -> None:
    """Writes the folder.

    Args:
        directory: Where to; an absolute path.

    Raises:
        FileExistsError: It holds something already.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty: name another folder, or remove it.")
    _export_library(directory / "library")
    _lay_out(directory, "served", MODELS)
    # A directory whose name is no number is no version.
    (directory / "served" / "half_plus_two" / "notes").mkdir()
    _lay_out(directory, "batched", {"probe": MODELS["probe"]})
    _lay_out(directory, "broken", BROKEN)
    _lay_out(directory, "labels", {"labelled": MODELS["labelled"]})
    (directory / "served_config.txt").rename(directory / "model_config.txt")
    (directory / "batched_config.txt").rename(directory / "batching_config.txt")
    (directory / "monitoring_config.txt").write_text(
        'prometheus_config {\n  enable: true\n  path: "/monitoring/prometheus/metrics"\n}\n'
    )
    (directory / "batching_parameters.txt").write_text(
        f"max_batch_size {{ value: {MAX_BATCH_SIZE} }}\n"
        f"batch_timeout_micros {{ value: {int(BATCH_TIMEOUT_S * 1e6)} }}\n"
        f"max_enqueued_batches {{ value: {MAX_ENQUEUED_BATCHES} }}\n"
        "num_batch_threads { value: 1 }\n"
        "allowed_batch_sizes: 2\n"
        "allowed_batch_sizes: 4\n"
    )
    (directory / "unequal_batching_parameters.txt").write_text(
        "max_batch_size { value: 8 }\nallowed_batch_sizes: 2\nallowed_batch_sizes: 4\n"
    )


def flags(directory: Path) -> list[str]:
    """Returns what the suite's server is started with, its ports apart."""
    return [
        f"--model_config_file={directory / 'model_config.txt'}",
        f"--monitoring_config_file={directory / 'monitoring_config.txt'}",
        "--allow_version_labels_for_unavailable_models",
        "--enable_grpc_healthcheck_service",
        "--max_num_load_retries=0",
    ]


def _export_library(library: Path) -> None:
    library.mkdir()
    for offset in (1, 2, 3):
        saved_models.export_half_plus(library / f"half_plus_{offset}", float(offset))
    saved_models.export_probe(library / "probe")
    for name in (*BROKEN, "warmed"):
        shutil.copytree(library / "half_plus_1", library / name)
    saved_models.cut_variables_short(library / "half_copied")
    saved_models.write_unreadable_warmup(library / "warmup_unreadable")
    for name, signature, count in (
        ("warmed", "serving_default", 3),
        ("warmup_unknown_signature", "nosuch", 1),
        ("warmup_too_many", "serving_default", saved_models.MOST_WARMUP_RECORDS + 1),
    ):
        record = saved_models.warmup_record(name, signature)
        saved_models.write_warmup(library / name, [record] * count)


def _lay_out(directory: Path, group: str, models: Mapping[str, Served]) -> None:
    """Copies a group's versions to where a server finds them, and writes its configuration."""
    entries = []
    for name, model in models.items():
        base_path = directory / group / name
        for version, source in model.versions.items():
            shutil.copytree(directory / "library" / source, base_path / version)
        lines = [f'name: "{name}"', f'base_path: "{base_path}"', 'model_platform: "tensorflow"']
        if model.policy:
            lines.append(f"model_version_policy {{ {model.policy} }}")
        for label, number in model.labels.items():
            lines.append(f'version_labels {{ key: "{label}" value: {number} }}')
        entries.append("  config {\n" + "".join(f"    {line}\n" for line in lines) + "  }\n")
    config = "model_config_list {\n" + "".join(entries) + "}\n"
    (directory / f"{group}_config.txt").write_text(config)


def main() -> None:
    """Exports into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="Folder to write; must not exist.")
    directory = parser.parse_args().directory.resolve()
    export(directory)
    server = ["tensorflow_model_server", "--port=8500", "--rest_api_port=8501", *flags(directory)]
    print(
        "Start the server:\n\n  " + " \\\n    ".join(map(shlex.quote, server)) + "\n\n"
        "then, on the same machine:\n\n"
        "  pytest tests/conformance --server 127.0.0.1:8500 --rest 127.0.0.1:8501 \\\n"
        f"    --models {shlex.quote(str(directory))} --server-command tensorflow_model_server"
    )


if __name__ == "__main__":
    main()
