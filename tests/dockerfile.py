"""Reads a Dockerfile into its instructions: as much of the syntax as the project's files use."""

from pathlib import Path


def read_dockerfile(path: Path) -> list[tuple[str, str]]:
    """Reads a Dockerfile.

    Args:
        path: The file. It may continue lines with a backslash, and hold comments on lines of their
            own; no here-documents, parser directives or ONBUILD.

    Returns:
        Each instruction's name, in capitals, and what follows it, on one line.

    Raises:
        ValueError: If the file uses syntax that this does not read.
    """
    text = path.read_text()
    if "<<" in text or text.startswith(("# syntax=", "# escape=", "#syntax=", "#escape=")):
        raise ValueError(f"{path} has a here-document or a parser directive")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    instructions = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, rest = line.split(maxsplit=1)
            instructions.append((name.upper(), " ".join(rest.split())))
    return instructions
