"""The kinds of numbers that the configuration is made of, and how strictly it is read."""

from typing import Annotated

from pydantic import ConfigDict, Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Difference = Annotated[float, Field(ge=-1.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
