"""``--cpu 4 --cpu trainer-unet:16``: which machine each step gets, from flags."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from pipeline.kubeflow.job import StepMachine

# The step that a GPU is for, where the flag names none.
_FITS = "trainer-unet"


class InvalidMachine(ValueError):
    """A flag that says nothing about a machine."""


def machines(
    cpu: Iterable[str] = (),
    memory: Iterable[str] = (),
    gpu: Iterable[str] = (),
    gpu_type: Iterable[str] = (),
    node_selector: Iterable[str] = (),
) -> tuple[StepMachine, dict[str, StepMachine]]:
    """Reads the flags.

    Args:
        cpu: ``CORES`` of every step, or ``STEP:CORES``.
        memory: The same in GiB.
        gpu: ``COUNT``, of the U-Net's Trainer, or ``STEP:COUNT``.
        gpu_type: ``RESOURCE`` of every step with a GPU, or ``STEP:RESOURCE``.
        node_selector: ``LABEL=VALUE`` of every step, or ``STEP:LABEL=VALUE``.

    Returns:
        The machine of every step, and of those that differ, by name. These have what the former
        has, and what was said of them alone.

    Raises:
        InvalidMachine: If a flag cannot be read; it names the flag.
    """
    default: dict[str, Any] = {}
    named: dict[str, dict[str, Any]] = {}
    given = (
        [("--cpu", "cpu", text) for text in cpu]
        + [("--memory", "memory_gib", text) for text in memory]
        + [("--gpu", "gpus", text if ":" in text else f"{_FITS}:{text}") for text in gpu]
        + [("--gpu-type", "gpu_type", text) for text in gpu_type]
        + [("--node-selector", "node_selector", text) for text in node_selector]
    )
    for flag, field, text in given:
        step, colon, value = text.rpartition(":")
        if colon and not step or not value:
            raise InvalidMachine(f"{flag} {text}: write VALUE, or STEP:VALUE such as {_FITS}:1")
        fields = named.setdefault(step, {}) if step else default
        if field == "node_selector":
            label, equals, wanted = value.partition("=")
            if not (label and equals):
                raise InvalidMachine(f"{flag} {text}: write LABEL=VALUE, or STEP:LABEL=VALUE")
            fields.setdefault(field, {})[label] = wanted
        else:
            fields[field] = value
    machine = _checked(StepMachine(), default, "every step")
    return machine, {step: _checked(machine, fields, step) for step, fields in named.items()}


def _checked(machine: StepMachine, fields: dict[str, Any], whose: str) -> StepMachine:
    known = dataclasses.asdict(machine)
    if "node_selector" in fields:
        fields = fields | {"node_selector": known["node_selector"] | fields["node_selector"]}
    try:
        return StepMachine(**(known | fields))
    except ValidationError as error:
        detail = error.errors()[0]
        raise InvalidMachine(
            f"the machine of {whose}: {detail['loc'][0]}={detail['input']!r}: {detail['msg']}"
        ) from error
