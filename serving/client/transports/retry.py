"""How patiently a client asks again, the same over gRPC and REST.

Only UNAVAILABLE is worth another try: nobody answered, or the server turned the request away
before it did any work. Each pause is twice as long as the one before.
"""

INITIAL_BACKOFF_S = 0.2
MAX_BACKOFF_S = 2.0
# gRPC never tries more than five times, whatever it is told.
MOST_RETRIES = 4


def checked(retries: int) -> int:
    """Returns the number of retries.

    Raises:
        ValueError: It is out of range.
    """
    if not 0 <= retries <= MOST_RETRIES:
        raise ValueError(f"retries is {retries}: give a number from 0 to {MOST_RETRIES}.")
    return retries
