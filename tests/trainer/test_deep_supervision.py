import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.deep_supervision import DeepSupervisionLoss, FirstChannelDice, supervise
from trainer.dice import HardDice
from trainer.losses import BceDiceLoss, make_loss


def decoder(block=1):
    """A model of three decoder levels, the first of which sees blocks of pixels as one."""
    images = keras.Input((16, 24, 3))
    x = images
    if block > 1:
        x = keras.layers.AveragePooling2D(block)(x)
    levels = [x]
    for _ in range(2):
        levels.append(keras.layers.AveragePooling2D(2)(levels[-1]))
    below = None
    for level in (2, 1, 0):
        x = levels[level]
        if below is not None:
            x = keras.layers.Concatenate()([x, keras.layers.UpSampling2D()(below)])
        x = keras.layers.Conv2D(4, 3, padding="same", name=f"decoder{level}_conv")(x)
        below = keras.layers.ReLU(name=f"decoder{level}_out")(x)
    x = keras.layers.UpSampling2D(block)(below) if block > 1 else below
    return keras.Model(images, keras.layers.Conv2D(1, 1, dtype="float32", name="logits")(x))


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return decoder()


@pytest.fixture
def images():
    return np.random.default_rng(0).random((2, 16, 24, 3), np.float32)


@pytest.fixture
def masks(images):
    return (images[..., :1] > 0.5).astype(np.float32)


class TestSupervise:
    @pytest.mark.parametrize("levels", [1, 2])
    def test_each_level_gets_a_channel_behind_the_models_own(self, levels, model, images):
        supervised = supervise(model, levels)
        assert supervised.output_shape == (None, 16, 24, 1 + levels)
        answer = supervised(images)
        assert answer.dtype == tf.float32
        np.testing.assert_array_equal(answer[..., :1], model(images))

    @pytest.mark.parametrize("block", [1, 2])
    def test_a_level_is_enlarged_bilinearly_by_what_it_lacks(self, block, images):
        keras.utils.set_random_seed(0)
        model = decoder(block)
        supervised = supervise(model, 2)
        answer = supervised(images).numpy()
        for level in (1, 2):
            of_level = keras.Model(model.input, model.get_layer(f"decoder{level}_out").output)
            head = supervised.get_layer(f"supervised{level}_logits")
            small = np.einsum("nhwc,co->nhwo", of_level(images), head.kernel[0, 0]) + head.bias
            assert small.shape[1:] == (16 // block // 2**level, 24 // block // 2**level, 1)
            large = tf.image.resize(small, (16, 24), "bilinear")
            np.testing.assert_allclose(answer[..., level : level + 1], large, atol=1e-5)

    def test_shares_the_models_weights_and_adds_one_convolution_a_level(self, model):
        supervised = supervise(model, 2)
        of_model = {id(weight) for weight in model.weights}
        assert of_model <= {id(weight) for weight in supervised.weights}
        # Four features and a bias each.
        assert supervised.count_params() == model.count_params() + 2 * (4 + 1)

    def test_fitting_it_fits_the_model(self, model, images, masks):
        before = model.get_weights()
        supervised = supervise(model, 2)
        supervised.compile("adam", DeepSupervisionLoss(BceDiceLoss()), metrics=[FirstChannelDice()])
        logs = supervised.fit(images, masks, epochs=2, verbose=0).history
        assert logs["loss"][1] < logs["loss"][0]
        assert 0.0 <= logs["dice"][1] <= 1.0
        for old, new in zip(before, model.get_weights(), strict=True):
            assert (old != new).any()
        np.testing.assert_array_equal(supervised(images)[..., :1], model(images))

    def test_the_heads_leave_nothing_in_the_model(self, model, tmp_path):
        names = [layer.name for layer in model.layers]
        supervise(model, 2)
        model.save_weights(tmp_path / "model.weights.h5")
        assert [layer.name for layer in model.layers] == names
        other = decoder()
        other.load_weights(tmp_path / "model.weights.h5")
        for loaded, saved in zip(other.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(loaded, saved)

    def test_a_head_reaches_its_level_past_the_levels_above(self, model, images, masks):
        supervised = supervise(model, 2)
        coarsest = model.get_layer("decoder2_conv").kernel
        with tf.GradientTape() as tape:
            loss = BceDiceLoss()(masks, supervised(images)[..., 2:])
        gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
        reached = {
            weight.path
            for weight, gradient in zip(model.trainable_weights, gradients, strict=True)
            if gradient is not None and np.abs(gradient).max() > 0.0
        }
        assert reached == {coarsest.path, coarsest.path.replace("kernel", "bias")}

    def test_heads_keep_float32_under_mixed_precision(self, images, request):
        request.addfinalizer(lambda: keras.config.set_dtype_policy("float32"))
        keras.config.set_dtype_policy("mixed_bfloat16")
        supervised = supervise(decoder(), 2)
        assert supervised.get_layer("decoder1_conv").compute_dtype == "bfloat16"
        assert supervised(images).dtype == tf.float32
        assert supervised.get_layer("supervised1_logits").compute_dtype == "float32"

    def test_xla_compiles_a_step(self, model, images, masks):
        supervised = supervise(model, 2)
        loss = DeepSupervisionLoss(BceDiceLoss())
        expected = float(loss(masks, supervised(images)))
        supervised.compile("adam", loss, jit_compile=True)
        assert float(supervised.train_on_batch(images, masks)) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("levels", [0, -1])
    def test_no_levels_are_refused(self, levels, model):
        with pytest.raises(ValueError, match="at least one level"):
            supervise(model, levels)

    def test_a_level_that_is_not_there_is_named(self, model):
        with pytest.raises(ValueError, match="decoder3_out"):
            supervise(model, 3)

    def test_a_level_that_does_not_divide_is_named(self):
        images = keras.Input((9, 12, 3))
        x = keras.layers.AveragePooling2D(2, padding="same", name="decoder1_out")(images)
        x = keras.layers.Resizing(9, 12)(x)
        model = keras.Model(images, keras.layers.Conv2D(1, 1)(x))
        with pytest.raises(ValueError, match="decoder1_out of 5x6 cannot be enlarged to 9x12"):
            supervise(model, 1)


class TestLoss:
    @pytest.fixture
    def logits(self):
        return np.random.default_rng(1).normal(size=(2, 16, 24, 3)).astype(np.float32)

    @pytest.mark.parametrize("name", ["bce_dice", "focal_dice", "boundary_dice", "lovasz"])
    def test_each_channel_weighs_half_of_the_one_before(self, name, masks, logits):
        inner = make_loss(name)
        each = [inner.call(masks, logits[..., i : i + 1]) for i in range(3)]
        expected = (each[0] + each[1] / 2 + each[2] / 4) / 1.75
        value = DeepSupervisionLoss(inner).call(masks, logits)
        assert value.shape == (2,)
        np.testing.assert_allclose(value, expected, rtol=1e-6)
        assert float(DeepSupervisionLoss(inner)(masks, logits)) == pytest.approx(
            np.mean(expected), rel=1e-6
        )

    def test_of_channels_alike_it_is_the_inner_loss(self, masks, logits):
        alike = np.repeat(logits[..., :1], 4, axis=-1)
        np.testing.assert_allclose(
            DeepSupervisionLoss(BceDiceLoss()).call(masks, alike),
            BceDiceLoss().call(masks, logits[..., :1]),
            rtol=1e-6,
        )

    def test_of_a_model_without_heads_it_is_the_inner_loss(self, masks, logits):
        np.testing.assert_array_equal(
            DeepSupervisionLoss(BceDiceLoss()).call(masks, logits[..., :1]),
            BceDiceLoss().call(masks, logits[..., :1]),
        )

    def test_survives_being_saved_with_the_loss_inside(self, masks, logits):
        loss = DeepSupervisionLoss(make_loss("focal_dice"))
        loss.inner.gamma = 3.0
        copy = keras.losses.deserialize(keras.losses.serialize(loss))
        assert copy.inner.gamma == 3.0
        np.testing.assert_array_equal(copy.call(masks, logits), loss.call(masks, logits))


class TestFirstChannelDice:
    def test_is_hard_dice_of_the_first_channel(self, masks):
        logits = np.random.default_rng(1).normal(size=(2, 16, 24, 3)).astype(np.float32)
        first, hard = FirstChannelDice(), HardDice()
        first.update_state(masks, logits)
        hard.update_state(masks, logits[..., :1])
        assert float(first.result()) == float(hard.result())
        assert 0.0 < float(first.result()) < 1.0

    def test_weighs_images(self, masks):
        logits = np.concatenate([2 * masks - 1, 1 - 2 * masks], axis=-1)
        logits[1] *= -1.0
        metric = FirstChannelDice()
        metric.update_state(masks, logits, sample_weight=np.array([3.0, 1.0]))
        assert float(metric.result()) == pytest.approx(0.75)

    def test_has_the_name_that_fits_are_watched_by(self):
        assert FirstChannelDice().name == HardDice().name == "dice"

    def test_survives_being_saved(self):
        copy = keras.metrics.deserialize(keras.metrics.serialize(FirstChannelDice()))
        assert type(copy) is FirstChannelDice
        assert copy.get_config() == FirstChannelDice().get_config()
