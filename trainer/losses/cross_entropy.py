"""Binary cross-entropy of logits and soft masks, per pixel; a part of every loss here."""

from typing import Any

from keras import ops

Tensor = Any


def cross_entropy_per_pixel(truth: Tensor, logits: Tensor) -> Tensor:
    """Returns the binary cross-entropy of each pixel.

    The sigmoid and the logarithm are taken together, as max(x, 0) - x t + log(1 + exp(-|x|)), so
    that neither can overflow and a confident right answer keeps its digits.

    Args:
        truth: float32 [N, H, W, C] in [0, 1].
        logits: float32 [N, H, W, C].

    Returns:
        float32 [N, H, W, C], at least the entropy of the truth.
    """
    # Not relu and abs, whose gradients at 0 are 0: that of the whole would be -t, not 1/2 - t.
    positive = logits >= 0.0
    largest = ops.where(positive, logits, ops.zeros_like(logits))
    minus_size = ops.where(positive, -logits, logits)
    return largest - logits * truth + ops.log1p(ops.exp(minus_size))
