"""What earlier runs left in ML Metadata, as channels for the resolvers.

Masks and makes have their models in one store. A resolver that took any Model could compare a mask
model with a make classifier, so that each channel names the step that made what it holds. It must
not name the output key too: then it would count as the output of this run's own step, and be
replaced by it.
"""

from typing import Any

from tfx import v1 as tfx

_artifacts = tfx.types.standard_artifacts


def all_mask_models() -> Any:
    """Returns the channel of every U-Net that was ever fitted here."""
    return _all_of(_artifacts.Model, "Trainer.unet")


def all_mask_blessings() -> Any:
    """Returns the channel of the Gate's verdicts; each names the model that it is about."""
    return _all_of(_artifacts.ModelBlessing, "Gate")


def all_infra_blessings() -> Any:
    """Returns the channel of ServerCheck's verdicts, of which there are none about makes."""
    return _all_of(_artifacts.InfraBlessing, "ServerCheck")


def all_make_models() -> Any:
    """Returns the channel of every make classifier that was ever fitted here."""
    return _all_of(_artifacts.Model, "Trainer.make")


def all_make_blessings() -> Any:
    """Returns the channel of MakeGate's verdicts."""
    return _all_of(_artifacts.ModelBlessing, "MakeGate")


def _all_of(kind: type[tfx.dsl.Artifact], step: str) -> Any:
    return tfx.dsl.Channel(type=kind, producer_component_id=step)
