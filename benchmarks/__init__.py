"""What measures speed and memory; the results are committed with the machine they ran on."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
