"""Shows TensorBoard what a model makes of a few photographs, epoch by epoch."""

from typing import Any

import keras
import tensorflow as tf

_LARGEST_SIDE = 256


class MaskImages(keras.callbacks.Callback):
    """Writes photographs, masks and predicted probabilities of one batch as pictures."""

    def __init__(self, log_folder: str, batch: tuple[tf.Tensor, tf.Tensor]) -> None:
        """Makes the callback.

        Args:
            log_folder: TensorBoard's.
            batch: Photographs float32 [N, H, W, 3] and masks float32 [N, H, W, 1], in [0, 1].
        """
        super().__init__()
        self._log_folder = log_folder
        self._photographs, self._masks = batch

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Opens the log."""
        self._writer = tf.summary.create_file_writer(self._log_folder)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a picture per photograph: itself, the truth and the probability side by side."""
        probability = tf.sigmoid(self.model(self._photographs, training=False))[..., :1]
        pictures = [self._photographs, *map(tf.image.grayscale_to_rgb, (self._masks, probability))]
        height, width = self._photographs.shape[1:3]
        smaller = min(_LARGEST_SIDE / max(height, width), 1.0)
        size = [round(height * smaller), round(width * smaller)]
        pictures = [tf.image.resize(picture, size, method="area") for picture in pictures]
        with self._writer.as_default(step=epoch):
            tf.summary.image(
                "photograph, mask, probability",
                tf.concat(pictures, axis=2),
                max_outputs=len(self._photographs),
            )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Closes the log."""
        self._writer.close()
