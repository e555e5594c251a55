"""What the sync and the asyncio client have in common: all but the waiting."""

from collections.abc import Sequence

from serving.client.errors import InvalidPhotograph, MaskServiceError, ModelUnsuitable
from serving.client.model_choice import ModelChoice
from serving.client.server_address import ServerAddress, ServerProtocol
from serving.client.tls import Tls
from serving.client.transports.explanation import explain
from serving.client.transports.retry import checked
from serving.errors import ServingError

_FILE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class Conversation:
    """Whom a client asks, and how it checks what goes out and what comes back."""

    def __init__(
        self,
        target: str | None,
        *,
        protocol: ServerProtocol,
        tls: Tls | None,
        model_name: str,
        version: int | None,
        label: str | None,
        timeout_s: float,
        retries: int,
    ) -> None:
        """Checks what a client was given; the arguments are those of ``MaskClient``."""
        self.address = ServerAddress.resolve(target, protocol, tls)
        self.model = ModelChoice(model_name, version, label)
        self.retries = checked(retries)
        if not timeout_s > 0:
            raise ValueError(f"timeout_s is {timeout_s}: give seconds above 0.")
        self.timeout_s = timeout_s

    def check_photographs(self, images: Sequence[bytes]) -> None:
        """Refuses what is not worth sending.

        Raises:
            InvalidPhotograph: One does not start as a JPEG or PNG file does.
        """
        for image in images:
            if not image.startswith(_FILE_STARTS):
                raise InvalidPhotograph("Not a JPEG or PNG file: convert it first.")

    def check_values(self, values: Sequence[bytes], images: Sequence[bytes]) -> None:
        """Refuses a reply that is not one value per photograph.

        Raises:
            ModelUnsuitable: It is not.
        """
        if len(values) != len(images):
            raise ModelUnsuitable(
                f"The model {self.model} at {self.address} answered {len(values)} masks to "
                f"{len(images)} photographs: push a model exported by this project."
            )

    def explain(self, error: ServingError) -> MaskServiceError:
        """Returns the error that tells the user what to do."""
        return explain(error, self.address, self.model, self.timeout_s)
