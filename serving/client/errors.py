"""What a client of the mask service can run into, each as one line that says what to do."""


class MaskServiceError(Exception):
    """The service could not make a mask; the base of everything MaskClient raises."""


class PhotographError(MaskServiceError):
    """This photograph failed; the next one may not."""


class InvalidPhotograph(PhotographError):  # noqa: N818 - it names the photograph's state
    """The bytes are no JPEG or PNG that the model can decode."""


class RequestTimedOut(PhotographError):  # noqa: N818
    """The server did not answer before the deadline."""


class ServiceError(MaskServiceError):
    """No photograph will succeed before somebody acts."""


class ServerUnavailable(ServiceError):  # noqa: N818
    """Nobody answers at the address."""


class ModelNotFound(ServiceError):  # noqa: N818
    """The server is there and does not serve this model."""


class ModelUnsuitable(ServiceError):  # noqa: N818
    """The model is served and is not one of this project's mask models."""
