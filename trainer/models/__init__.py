"""One model a file; each maps photographs in [0, 1] to per-pixel logits.

Save one, the make classifier: to a probability for each make.
"""
