"""One model a file; each maps photographs in [0, 1] to per-pixel logits."""
