"""Finds models of earlier runs in ML Metadata, with resolvers.

Masks and makes have their models in one store. A resolver that took any Model could compare a mask
model with a make classifier, so that each channel names the step that made what it holds. It must
not name the output key too: then it would count as the output of this run's own step, and be
replaced by it.
"""

from typing import Any

from tfx import v1 as tfx

from components.last_blessed import LastBlessedOther
from components.last_blessed_of_other_data import LastBlessedOfOtherData
from components.last_blessed_statistics import LastBlessedStatistics
from components.photograph_statistics import PhotographStatistics
from pipeline.steps.earlier_models import EarlierModel, EarlierModels

_artifacts = tfx.types.standard_artifacts


class ResolvedModels(EarlierModels):
    """Resolvers over the store that the run writes to."""

    def blessed_with_statistics(self, examples: Any) -> EarlierModel:
        """See EarlierModels."""
        resolver = tfx.dsl.Resolver(
            strategy_class=LastBlessedStatistics,
            examples=examples,
            statistics=tfx.dsl.Channel(type=PhotographStatistics),
            **_mask_models(),
        ).with_id("LastBlessedStatistics")
        return EarlierModel((resolver,), resolver.outputs["model"], resolver.outputs["statistics"])

    def base_model(self, examples: Any) -> EarlierModel:
        """See EarlierModels."""
        resolver = tfx.dsl.Resolver(
            strategy_class=LastBlessedOfOtherData, examples=examples, **_mask_models()
        ).with_id("WarmStart")
        return EarlierModel((resolver,), resolver.outputs["model"])

    def last_blessed(self, candidate: Any) -> EarlierModel:
        """See EarlierModels."""
        resolver = tfx.dsl.Resolver(
            strategy_class=LastBlessedOther, candidate=candidate, **_mask_models()
        ).with_id("LastBlessed")
        return EarlierModel((resolver,), resolver.outputs["model"])

    def last_blessed_make(self, candidate: Any) -> EarlierModel:
        """See EarlierModels."""
        resolver = tfx.dsl.Resolver(
            strategy_class=LastBlessedOther,
            candidate=candidate,
            model=_all_of(_artifacts.Model, "Trainer.make"),
            model_blessing=_all_of(_artifacts.ModelBlessing, "MakeGate"),
        ).with_id("LastBlessedMake")
        return EarlierModel((resolver,), resolver.outputs["model"])


def _mask_models() -> dict[str, Any]:
    """Returns channels of every U-Net that was fitted here, and of the verdicts on them."""
    return {
        "model": _all_of(_artifacts.Model, "Trainer.unet"),
        "model_blessing": _all_of(_artifacts.ModelBlessing, "Gate"),
        "infra_blessing": _all_of(_artifacts.InfraBlessing, "ServerCheck"),
    }


def _all_of(kind: type[tfx.dsl.Artifact], step: str) -> Any:
    return tfx.dsl.Channel(type=kind, producer_component_id=step)
