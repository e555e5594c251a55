"""What a model is worth: figures of masks, TFMA metrics, the gate's rule, the label audit."""
