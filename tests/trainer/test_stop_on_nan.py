import pytest

from trainer.stop_on_nan import NonFiniteLoss, StopOnNan


@pytest.fixture
def asked():
    return []


@pytest.fixture
def callback(asked):
    def image_ids(epoch, step):
        asked.append((epoch, step))
        return ["car_01", "car_02"]

    return StopOnNan(image_ids)


def test_a_finite_loss_asks_nothing(callback, asked):
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(0, {"loss": 1e30})
    callback.on_train_batch_end(1, {})
    assert asked == []


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_the_batch_that_broke_it_is_named(callback, asked, loss):
    callback.on_epoch_begin(4)
    with pytest.raises(
        NonFiniteLoss, match=rf"became {loss} in epoch 5, step 8, .* car_01, car_02"
    ):
        callback.on_train_batch_end(7, {"loss": loss})
    assert asked == [(4, 7)]
