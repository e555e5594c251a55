"""What a client of the mask service can run into, each as one line that says what to do.

The same cause is the same error over gRPC and REST, from ``MaskClient`` and ``AsyncMaskClient``;
``serving.client.transports.explanation`` sees to it.
"""


class MaskServiceError(Exception):
    """The service could not make a mask; the base of everything a client raises."""


class PhotographError(MaskServiceError):
    """This photograph failed; the next one may not."""


class InvalidPhotograph(PhotographError):
    """The bytes are no JPEG or PNG that the model can decode, or more than the server takes."""


class RequestTimedOut(PhotographError):
    """The server did not answer before the deadline."""


class ServerBusy(PhotographError):
    """The server is there, and has more requests waiting than it takes."""


class ServiceError(MaskServiceError):
    """No photograph will succeed before somebody acts."""


class ServerUnavailable(ServiceError):
    """Nobody answers at the address, or somebody who is no model server."""


class TlsFailed(ServiceError):
    """Client and server cannot agree on TLS, or a file for it cannot be used."""


class ModelNotFound(ServiceError):
    """The server is there and does not serve this model, or not this version or label of it."""


class ModelUnsuitable(ServiceError):
    """The model is served and is not one of this project's mask models."""
