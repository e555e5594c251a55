"""The servable's signatures, sizes and check, and the commands that serve it and ask it."""

from components.server_verdict import ServerVerdict
from report.results.fit_record import FitRecord
from report.section import Section
from report.serving.servable_facts import ServableFacts
from report.serving.serving_commands import serving_commands
from report.template import render


def serving(
    facts: ServableFacts | None,
    pushed: bool,
    weights_bytes: int | None,
    fit: FitRecord | None,
    check: ServerVerdict | None,
    serving_directory: str,
) -> Section:
    """Builds the section.

    Args:
        facts: Of the pushed model, or of the Trainer's; None where there is neither.
        pushed: Which of the two.
        weights_bytes: Size of the weights that a next fit can start from; None without.
        fit: Of the U-Net; None where there is no record.
        check: In its server; None where there is none.
        serving_directory: See ``report.serving.serving_commands``.
    """
    return Section(
        "serving",
        "Serving",
        render(
            "serving.html",
            facts=facts,
            pushed=pushed,
            signed="signed" if facts and facts.signed else "not signed",
            sizes=_sizes(facts, weights_bytes),
            fit=fit,
            check=check,
            commands=serving_commands(serving_directory),
        ),
    )


def _sizes(facts: ServableFacts | None, weights_bytes: int | None) -> list[tuple[str, str]]:
    if facts is None:
        return []
    sizes = [
        ("All files", facts.all_bytes),
        ("The graph, saved_model.pb", facts.graph_bytes),
        ("Weights to start another fit from", weights_bytes),
    ]
    return [(name, f"{size / 1e6:.1f} MB") for name, size in sizes if size is not None]
