"""The TFX components that TFX lacks: photographs to examples, data check, gate, atomic push."""
