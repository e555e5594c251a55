"""``--set unet_fit.epochs=3``: changes single fields of a preset by dotted path."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from pipeline.config import PIPELINE_CONFIG, PipelineConfig


class InvalidOverride(ValueError):
    """A ``key=value`` that names no field or whose value the field refuses."""


def apply_overrides(config: PipelineConfig, overrides: Iterable[str]) -> PipelineConfig:
    """Returns a copy of ``config`` with the named fields changed.

    Args:
        config: The preset.
        overrides: Strings such as ``"gate.baseline_margin=0.01"``. The text is converted to the
            field's own type; lists are written with commas, ``gate.slices=pose,make``.

    Raises:
        InvalidOverride: If an override has no ``=``, names no field, or has an unusable value.
    """
    tree: dict[str, Any] = PIPELINE_CONFIG.dump_python(config)
    for override in overrides:
        path, equals, value = override.partition("=")
        if not equals:
            raise InvalidOverride(f"--set {override}: write key=value, e.g. unet_fit.epochs=3")
        *parents, field = path.strip().split(".")
        node: Any = tree
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if not isinstance(node, dict) or field not in node:
            raise InvalidOverride(
                f"--set {override}: no field {path!r}; the fields are " + ", ".join(_paths(tree))
            )
        if isinstance(node[field], dict):
            raise InvalidOverride(
                f"--set {override}: {path!r} is a section; set one of its fields: "
                + ", ".join(f"{path}.{name}" for name in node[field])
            )
        if isinstance(node[field], tuple):
            node[field] = tuple(part.strip() for part in value.split(",") if part.strip())
        else:
            node[field] = value.strip()
    try:
        return PIPELINE_CONFIG.validate_python(tree)
    except ValidationError as error:
        reasons = "; ".join(
            f"{'.'.join(map(str, detail['loc'])) or 'config'}: {detail['msg']}"
            for detail in error.errors()
        )
        raise InvalidOverride(f"--set: {reasons}") from error


def _paths(tree: dict[str, Any], section: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{section}{name}.")
        else:
            yield section + name
