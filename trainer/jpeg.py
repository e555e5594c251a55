"""What JPEG compression takes from photographs, each photograph at its own quality.

The lossy half of a baseline encoder, in the graph and for a whole batch: TensorFlow's own encoder
takes one photograph and one quality at a time.
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

# ITU-T T.81, Annex K, tables K.1 and K.2.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)
_TABLES = np.reshape([_LUMINANCE, _CHROMINANCE, _CHROMINANCE], (3, 1, 64))
_SIDE = 8


def compress(images: tf.Tensor, quality: tf.Tensor) -> tf.Tensor:
    """Compresses and decompresses as libjpeg does, without chroma subsampling (4:4:4).

    Args:
        images: float32 [N, H, W, 3] in [0, 1], RGB.
        quality: int32 [N], 1 to 100, on libjpeg's scale.

    Returns:
        float32 [N, H, W, 3] in [0, 1], of 256 levels.
    """
    height, width = tf.unstack(tf.shape(images)[1:3])
    levels = tf.round(tf.transpose(images, [3, 0, 1, 2]) * 255.0)
    blocks = _blocks(tf.stack(_to_ycbcr(*tf.unstack(levels))), height, width)

    tables = _tables(quality)
    cosines = tf.constant(_cosines())
    # Not tf.matmul: where [3, 1, blocks, 64] meets [64, 64], TensorFlow 2.16 with oneDNN returns
    # other numbers and writes where it should not.
    coefficients = tf.round(tf.tensordot(blocks - 128.0, cosines, [[3], [1]]) / tables)
    blocks = tf.round(tf.tensordot(coefficients * tables, cosines, [[3], [0]])) + 128.0

    levels = _picture(tf.clip_by_value(blocks, 0.0, 255.0), height, width)
    levels = tf.round(tf.clip_by_value(tf.stack(_to_rgb(*tf.unstack(levels))), 0.0, 255.0))
    return tf.ensure_shape(tf.transpose(levels, [1, 2, 3, 0]) * (1.0 / 255.0), images.shape)


def _tables(quality: tf.Tensor) -> tf.Tensor:
    """Returns the quantization tables as libjpeg scales them, float32 [3, N, 1, 64]."""
    scale = tf.where(quality < 50, 5000 // quality, 200 - 2 * quality)[:, tf.newaxis]
    tables = (tf.constant(_TABLES, tf.int32) * scale + 50) // 100
    return tf.cast(tf.clip_by_value(tables, 1, 255), tf.float32)[:, :, tf.newaxis]


def _cosines() -> NDArray[np.float32]:
    """Returns the cosine transform of a block, [64 coefficients, 64 pixels]."""
    frequency, position = np.meshgrid(np.arange(_SIDE), np.arange(_SIDE), indexing="ij")
    line = np.cos((2 * position + 1) * frequency * np.pi / (2 * _SIDE)) / 2.0
    line[0] /= np.sqrt(2.0)
    return np.kron(line, line).astype(np.float32)


def _blocks(planes: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Cuts float32 [3, N, H, W] into blocks, [3, N, blocks, 64]; repeats the edge to fill them."""
    down, across = -(-height // _SIDE), -(-width // _SIDE)
    planes = tf.gather(planes, tf.minimum(tf.range(down * _SIDE), height - 1), axis=2)
    planes = tf.gather(planes, tf.minimum(tf.range(across * _SIDE), width - 1), axis=3)
    count = tf.shape(planes)[1]
    blocks = tf.reshape(planes, [3 * count, down, _SIDE, across, _SIDE])
    blocks = tf.transpose(blocks, [0, 1, 3, 2, 4])
    return tf.reshape(blocks, [3, count, down * across, _SIDE * _SIDE])


def _picture(blocks: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Undoes ``_blocks``."""
    count, down, across = tf.shape(blocks)[1], -(-height // _SIDE), -(-width // _SIDE)
    blocks = tf.reshape(blocks, [3 * count, down, across, _SIDE, _SIDE])
    planes = tf.transpose(blocks, [0, 1, 3, 2, 4])
    planes = tf.reshape(planes, [3, count, down * _SIDE, across * _SIDE])
    return planes[:, :, :height, :width]


def _to_ycbcr(red: tf.Tensor, green: tf.Tensor, blue: tf.Tensor) -> list[tf.Tensor]:
    """Converts levels as JFIF 1.02 says, rounded as in the file."""
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    return [
        tf.round(luminance),
        tf.round((blue - luminance) * (0.5 / (1.0 - 0.114)) + 128.0),
        tf.round((red - luminance) * (0.5 / (1.0 - 0.299)) + 128.0),
    ]


def _to_rgb(luminance: tf.Tensor, to_blue: tf.Tensor, to_red: tf.Tensor) -> list[tf.Tensor]:
    to_blue, to_red = to_blue - 128.0, to_red - 128.0
    return [
        luminance + 1.402 * to_red,
        luminance - 0.344136 * to_blue - 0.714136 * to_red,
        luminance + 1.772 * to_blue,
    ]
