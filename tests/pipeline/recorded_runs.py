"""Writes into an ML Metadata store what TFX writes for the steps of runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

_FIELDS = {int: "int_value", str: "string_value", float: "double_value"}
TRAINER = {"model": "unet", "fit": {"epochs": 7, "learning_rate": 0.001}}


class RecordedRuns:
    """A store in an SQLite file, held open for writing as TFX's runner holds it."""

    def __init__(self, folder: Path) -> None:
        self.connection = mlmd.ConnectionConfig()
        self.connection.sqlite.filename_uri = str(folder / "metadata.sqlite")
        self.connection.sqlite.connection_mode = (
            mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        )
        self.store = metadata_store.MetadataStore(self.connection)

    def step(
        self,
        run: str,
        node: str,
        inputs: Mapping[str, list[int]],
        outputs: Mapping[str, tuple[str, str, Mapping[str, Any]]],
        told: Mapping[str, Any] | None = None,
        cached: Mapping[str, int] | None = None,
    ) -> dict[str, int]:
        """Records an execution.

        Args:
            run: Its pipeline run.
            node: Component id.
            inputs: Artifact ids by key.
            outputs: Type, URI and custom properties of new artifacts by key.
            told: Execution properties.
            cached: Artifact ids by key, where it took them from the cache.

        Returns:
            Ids of the output artifacts by key.
        """
        state = mlmd.Execution.CACHED if cached else mlmd.Execution.COMPLETE
        kind = self.store.put_execution_type(mlmd.ExecutionType(name=node))
        execution = mlmd.Execution(type_id=kind, last_known_state=state)
        _set(execution.custom_properties, told or {})
        pairs = [
            (self.artifact(identity), _event(mlmd.Event.INPUT, key, place))
            for key, identities in inputs.items()
            for place, identity in enumerate(identities)
        ]
        for key, (kind_name, uri, properties) in outputs.items():
            kind = self.store.put_artifact_type(mlmd.ArtifactType(name=kind_name))
            artifact = mlmd.Artifact(type_id=kind, uri=uri)
            _set(artifact.custom_properties, properties)
            pairs.append((artifact, _event(mlmd.Event.OUTPUT, key)))
        for key, identity in (cached or {}).items():
            pairs.append((self.artifact(identity), _event(mlmd.Event.OUTPUT, key)))
        contexts = [
            self._context(*each)
            for each in (("pipeline", "mask"), ("pipeline_run", run), ("node", f"mask.{node}"))
        ]
        _, identities, _ = self.store.put_execution(execution, pairs, contexts)
        return dict(zip(outputs, identities[len(pairs) - len(outputs) :], strict=True))

    def artifact(self, identity: int) -> mlmd.Artifact:
        """Returns an artifact by its id."""
        [found] = self.store.get_artifacts_by_id([identity])
        return found

    def _context(self, kind: str, name: str) -> mlmd.Context:
        kind_id = self.store.put_context_type(mlmd.ContextType(name=kind))
        found = self.store.get_context_by_type_and_name(kind, name)
        if found is None:
            self.store.put_contexts([mlmd.Context(type_id=kind_id, name=name)])
            found = self.store.get_context_by_type_and_name(kind, name)
        return found

    def model(
        self, run: str, name: str, data: str, base: int | None = None, **examples: Any
    ) -> int:
        """Records all steps of a run that fits a U-Net; returns the model's id.

        Args:
            run: The pipeline run.
            name: URI of the model.
            data: Folder of the photographs.
            base: Model that the fit starts from.
            **examples: Custom properties of the examples.
        """
        read = self.step(
            run,
            "PhotographExampleGen",
            {},
            {"examples": ("Examples", f"{name}/examples", {"split_names": "[]", **examples})},
            {"data": data, "fingerprint": "f" * 64, "config": '{"seed": 3}', "code": "c0de1"},
        )
        shrunk = self.step(
            run,
            "Transform",
            {"examples": [read["examples"]]},
            {"transformed_examples": ("Examples", f"{name}/shrunk", {})},
            {"custom_config": json.dumps({"code": "c0de2"})},
        )
        config = {"trainer": json.dumps(TRAINER), "code": "c0de3", "weights": {"w.h5": "ab"}}
        fitted = self.step(
            run,
            "Trainer.unet",
            {
                "examples": [shrunk["transformed_examples"]],
                **({} if base is None else {"base_model": [base]}),
            },
            {"model": ("Model", name, {"tfx_version": "1.16.0"})},
            {"custom_config": json.dumps(config)},
        )
        return fitted["model"]

    def judge(self, run: str, model: int, blessed: bool = True, checked: bool = True) -> int:
        """Records the verdicts on a model; returns the gate's id."""
        gate = self.step(
            run,
            "Gate",
            {"candidate": [model]},
            {
                "blessing": (
                    "ModelBlessing",
                    f"{run}/blessing",
                    {"blessed": int(blessed), "current_model_id": model},
                )
            },
        )
        self.step(
            run,
            "ServerCheck",
            {"model": [model]},
            {
                "infra_blessing": (
                    "InfraBlessing",
                    f"{run}/infra",
                    {
                        "blessed": int(blessed and checked),
                        "checked": int(checked),
                        "current_model_id": model,
                    },
                )
            },
        )
        return gate["blessing"]

    def push(self, run: str, blessing: int, destination: str) -> None:
        """Records what the Pusher did; an empty destination is a push that did not happen."""
        done = {"pushed": 1, "pushed_destination": destination} if destination else {"pushed": 0}
        self.step(
            run,
            "Pusher",
            {"model_blessing": [blessing]},
            {"pushed_model": ("PushedModel", f"{run}/pushed", done)},
        )


def _set(properties: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(properties[name], _FIELDS[type(value)], value)


def _event(kind: "mlmd.Event.Type", key: str, place: int = 0) -> mlmd.Event:
    event = mlmd.Event(type=kind)
    event.path.steps.add().key = key
    event.path.steps.add().index = place
    return event
