"""The TFX components that TFX lacks: photographs to examples, checks, gate, atomic push."""
