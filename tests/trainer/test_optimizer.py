import keras
import pytest

from pipeline.config import FitConfig
from trainer.optimizer import make_optimizer


def test_adamw_with_warm_up_and_cosine():
    optimizer = make_optimizer(FitConfig(learning_rate=0.5, warmup_fraction=0.1), steps=100)
    assert isinstance(optimizer, keras.optimizers.AdamW)
    optimizer.build([keras.Variable([1.0])])
    rates = []
    for step in (0, 10, 55, 100):
        optimizer.iterations.assign(step)
        rates.append(float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
    assert rates[0] < 0.1
    assert rates[1:] == pytest.approx([0.5, 0.25, 0.0], abs=1e-6)


def test_rmsprop_with_a_constant_rate():
    config = FitConfig(
        optimizer="rmsprop", schedule="reduce_on_plateau", learning_rate=1e-4, weight_decay=0.0
    )
    optimizer = make_optimizer(config, steps=100)
    assert isinstance(optimizer, keras.optimizers.RMSprop)
    assert float(optimizer.learning_rate.numpy()) == pytest.approx(1e-4)
    assert optimizer.weight_decay is None


@pytest.mark.parametrize("name", ["adamw", "rmsprop"])
def test_options_reach_the_optimizer(name):
    config = FitConfig(optimizer=name, weight_decay=0.3, clip_norm=2.0, ema_momentum=0.9)
    optimizer = make_optimizer(config, steps=10)
    assert optimizer.weight_decay == 0.3
    assert optimizer.global_clipnorm == 2.0
    assert optimizer.use_ema
    assert optimizer.ema_momentum == 0.9


def test_what_is_off_stays_off():
    optimizer = make_optimizer(FitConfig(weight_decay=0.0), steps=10)
    assert optimizer.weight_decay == 0.0
    assert optimizer.global_clipnorm is None
    assert not optimizer.use_ema
