"""Reads pages as a program does, and makes the statistics that sections are built from."""

import base64
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import cv2
import numpy as np
import pytest

from report.data.data_statistics import DataStatistics, PhotographStatistics
from tests.report.finished_run import FinishedRun


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--report", metavar="FILE", help="index.html of a finished run, to be opened in a browser"
    )


class ReadPage(HTMLParser):
    """What a page holds: sections with their text, pictures, and all that leads elsewhere."""

    _VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self.headings: list[str] = []
        self.pictures: list[np.ndarray] = []
        self.plots: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self._section = ""
        # A Markup would escape what is added to it.
        self.feed(str(page))
        self.close()
        assert self._open == []
        self.sections = {name: " ".join(text.split()) for name, text in self.sections.items()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        known = dict(attrs)
        if "id" in known:
            self.ids.append(known["id"] or "")
        for name in ("src", "href", "xlink:href", "data", "srcset", "action"):
            if name in known:
                self.references.append(known[name] or "")
        if tag == "section":
            self._section = known["id"] or ""
            self.sections[self._section] = ""
        if tag == "img":
            kind, _, content = (known["src"] or "").partition(",")
            assert kind == "data:image/jpeg;base64"
            jpeg = np.frombuffer(base64.b64decode(content, validate=True), np.uint8)
            pixels = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
            assert pixels.shape[:2] == (int(known["height"] or 0), int(known["width"] or 0))
            self.pictures.append(pixels)
        if tag == "svg":
            self.plots.append(known["aria-label"] or "")
        if tag not in self._VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self._VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.references += [f"style: {part}" for part in ("url(", "@import") if part in data]
            return
        if self._open[-1:] == ["h2"]:
            self.headings.append(data)
        self.text += data
        if self._section:
            self.sections[self._section] += f"{data} "


@pytest.fixture(scope="session")
def read_page() -> type[ReadPage]:
    """Parses a page, or a part of one."""
    return ReadPage


@pytest.fixture(scope="session")
def data_statistics() -> Callable[..., DataStatistics]:
    """Makes the statistics of no photographs at all; keyword arguments replace any of them."""

    def make(*photographs: PhotographStatistics, **changes: Any) -> DataStatistics:
        known: dict[str, Any] = {
            "photographs": photographs,
            "quarantined": (),
            "metadata": True,
            "average_masks": {},
            "unlabelled": None,
            "near_duplicates": (),
            "samples": (),
            "extremes": (),
        }
        return DataStatistics(**known | changes)

    return make


@pytest.fixture
def finished_run(tmp_path) -> FinishedRun:
    """The empty folders of a run, to be filled step by step."""
    return FinishedRun(tmp_path / "run")
