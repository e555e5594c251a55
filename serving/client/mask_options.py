"""What ``studio-mask mask`` was asked for; the command line needs it, so it imports little."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from serving.client.output_kind import OutputKind

if TYPE_CHECKING:
    from serving.client.mask_client import MaskClient


@dataclass(frozen=True)
class ServerOptions:
    """The server and model to ask.

    Attributes:
        target: ``host:port`` for gRPC, or a URL for REST.
        model_name: The name the model is served under.
        version: The version to ask; None for the newest.
        label: The label of the version to ask.
        timeout_s: The deadline of each request.
        secured: Use TLS on gRPC, trusting the public authorities; implied by the files.
        tls_ca: PEM file of the authority to trust instead.
        tls_cert: PEM file of the client's certificate.
        tls_key: PEM file of its key.
    """

    target: str
    model_name: str = "mask"
    version: int | None = None
    label: str | None = None
    timeout_s: float = 30.0
    secured: bool = False
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def connect(self) -> "MaskClient":
        """Makes the client; it is connected by its first request.

        Raises:
            ValueError: The options do not fit together.
            TlsFailed: A file cannot be used.
        """
        from serving.client.mask_client import MaskClient
        from serving.client.tls import Tls

        tls = None
        if self.secured or self.tls_ca or self.tls_cert or self.tls_key:
            tls = Tls(self.tls_ca, self.tls_cert, self.tls_key)
        return MaskClient(
            self.target,
            model_name=self.model_name,
            timeout_s=self.timeout_s,
            tls=tls,
            version=self.version,
            label=self.label,
        )


@dataclass(frozen=True)
class MaskOptions:
    """What to make of the photographs, and how.

    Attributes:
        kind: What to write.
        background: What a composite has behind the object: ``#rrggbb`` or a file.
        feather_px: How soft the edge becomes, see ``feather``.
        jpeg_quality: Write composites as JPEG files of this quality; None writes PNG files, unless
            OUTPUT is one file whose name says JPEG.
        in_flight: Requests to keep under way at the same time.
        force: Do again what is there already.
        watch: Go on with the photographs that come into the folder.
    """

    kind: OutputKind = OutputKind.MASK
    background: str = "#ffffff"
    feather_px: float = 0.0
    jpeg_quality: int | None = None
    in_flight: int = 4
    force: bool = False
    watch: bool = False

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the names of the results may end; the first is what a folder's results get."""
        return self.kind.suffixes(as_jpeg=self.jpeg_quality is not None)
