"""The flags of ``studio-mask mask``."""

import sys
from pathlib import Path

import click

from serving.client.mask_options import MaskOptions, ServerOptions
from serving.client.output_kind import OutputKind
from serving.client.pictures.hex_colour import parse_hex_colour

_PEM = click.Path(path_type=Path, exists=True, dir_okay=False)


def _check_background(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> str | None:
    """Refuses at once what is no colour and no file."""
    if text is not None and text.startswith("#"):
        try:
            parse_hex_colour(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    elif text is not None and not Path(text).is_file():
        raise click.BadParameter(f"{text} is no file; a colour is written #rgb or #rrggbb.")
    return text


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("output", metavar="OUTPUT", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "kind",
    default=OutputKind.MASK.value,
    show_default=True,
    type=click.Choice([kind.value for kind in OutputKind]),
    help="mask: one-channel PNG. bilevel: 1-bit PNG. rle: one csv file, rows img,rle_mask. cutout: "
    "PNG with the mask as its alpha. composite: the object on another background.",
)
@click.option(
    "--background",
    metavar="COLOUR|FILE",
    callback=_check_background,
    help="Behind a composite: #rgb, #rrggbb, or a picture, scaled to cover and cut off evenly.  "
    "[default: #ffffff]",
)
@click.option(
    "--feather",
    metavar="PIXELS",
    default=0.0,
    type=click.FloatRange(0, 100),
    help="Soften the edge of a mask, cutout or composite by a Gaussian of this standard deviation.",
)
@click.option(
    "--jpeg-quality",
    metavar="1-100",
    type=click.IntRange(1, 100),
    help="Write composites as JPEG files, also from a folder.",
)
@click.option("--force", is_flag=True, help="Do again, and replace, what is there already.")
@click.option("--watch", is_flag=True, help="Go on with photographs that come into INPUT.")
@click.option(
    "--server",
    default="127.0.0.1:8500",
    show_default=True,
    metavar="ADDRESS",
    help="The model server: HOST:PORT for gRPC, http(s)://HOST:PORT for REST.",
)
@click.option("--model-name", default="mask", show_default=True, help="The model to ask.")
@click.option(
    "--version",
    type=click.IntRange(min=0),
    help="The version of the model to ask.  [default: the newest]",
)
@click.option("--version-label", metavar="LABEL", help="The label of the version to ask.")
@click.option("--tls", is_flag=True, help="Use TLS, trusting the public authorities.")
@click.option("--tls-ca", metavar="FILE", type=_PEM, help="Use TLS, trusting this authority.")
@click.option("--tls-cert", metavar="FILE", type=_PEM, help="The client's certificate, for mTLS.")
@click.option("--tls-key", metavar="FILE", type=_PEM, help="The key of the client's certificate.")
@click.option(
    "--in-flight",
    default=4,
    show_default=True,
    type=click.IntRange(min=1),
    help="Requests under way at the same time.",
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds each request may take.",
)
def mask(
    source: Path,
    output: Path,
    kind: str,
    background: str | None,
    feather: float,
    jpeg_quality: int | None,
    force: bool,
    watch: bool,
    server: str,
    model_name: str,
    version: int | None,
    version_label: str | None,
    tls: bool,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    in_flight: int,
    timeout: float,
) -> None:
    """Mask the photograph INPUT, or all JPEG and PNG files in the folder INPUT, into OUTPUT.

    Results keep the photographs' relative names; - is stdin or stdout. What is there already is
    skipped, even if its photograph has changed, so a run that was stopped goes on where it was. A
    photograph that fails is named, listed in mask_failures.jsonl in OUTPUT, and does not stop the
    others.
    """
    chosen = OutputKind(kind)
    if (background is not None or jpeg_quality is not None) and chosen is not OutputKind.COMPOSITE:
        raise click.UsageError("--background and --jpeg-quality need --format composite.")
    if feather and not chosen.can_be_feathered:
        raise click.UsageError(f"--feather has no meaning for --format {kind}.")
    if version is not None and version_label is not None:
        raise click.UsageError("--version and --version-label both choose a version: give one.")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together.")

    from serving.client import mask_command

    asked = ServerOptions(
        server,
        model_name,
        version=version,
        label=version_label,
        timeout_s=timeout,
        secured=tls,
        tls_ca=tls_ca,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    options = MaskOptions(
        chosen,
        background=background or "#ffffff",
        feather_px=feather,
        jpeg_quality=jpeg_quality,
        in_flight=in_flight,
        force=force,
        watch=watch,
    )
    sys.exit(mask_command.run(source, output, asked, options))
