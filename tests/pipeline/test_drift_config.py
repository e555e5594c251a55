import pytest
from pydantic import ValidationError

from pipeline.config import DRIFT_CONFIG, DriftConfig, PipelineConfig


def test_a_config_survives_json():
    config = DriftConfig(stop=True, features=("pose", "make"), max_pose_change=0.5)
    assert DRIFT_CONFIG.validate_json(DRIFT_CONFIG.dump_json(config)) == config


def test_by_default_a_run_goes_on_and_few_makes_do_not_count():
    config = PipelineConfig().drift
    assert not config.stop
    assert {"make", "year"}.isdisjoint(config.features)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": ("pose", "red", "pose")}, "features names pose more than once"),
        ({"features": ("sharpness",)}, "features"),
        ({"min_cars": 0}, "min_cars"),
        ({"max_divergence": 1.5}, "max_divergence"),
        ({"max_brightness_shift": -1.0}, "max_brightness_shift"),
        ({"max_shift": 1.0}, "max_shift"),
    ],
)
def test_a_bad_value_is_named(changes, message):
    with pytest.raises(ValidationError, match=message):
        DriftConfig(**changes)
