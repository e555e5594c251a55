"""Opens a page in headless Chromium and tells what a person would see."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PHONE, DESK = 390, 1280  # pixels

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PROBE = """<script>
onload = () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const images = [...document.images];
  const flat = image => {
    const canvas = new OffscreenCanvas(16, 16);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, 16, 16);
    const pixels = context.getImageData(0, 0, 16, 16).data;
    return pixels.every((value, index) =>
      index % 4 == 3 || Math.abs(value - pixels[index % 4]) < 4);
  };
  const place = element => element.closest("section")?.id + ": "
    + (element.alt || element.getAttribute("aria-label"));
  parent.postMessage({
    sections: [...document.querySelectorAll("section")].map(section => section.id),
    empty: [...document.querySelectorAll("section")]
      .filter(section => section.innerText.trim() == section.querySelector("h2").innerText.trim())
      .map(section => section.id),
    pictures: images.length,
    plots: document.querySelectorAll("svg").length,
    broken: images.filter(image => !image.naturalWidth).map(place),
    flat: images.filter(image => image.naturalWidth && flat(image)).map(place),
    drawn: [...document.querySelectorAll("svg")]
      .filter(plot => !plot.getBBox().width || !plot.querySelector("path,use,rect")).map(place),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    // Of files on this machine the browser keeps no entries.
    fetched: [...performance.getEntriesByType("resource").map(entry => entry.name),
      ...[...document.querySelectorAll("[src],link[href]")].map(each => each.src || each.href)]
      .filter(name => !name.startsWith("data:")),
    dead: [...document.querySelectorAll("a[href^='#']")].map(link => link.hash.slice(1))
      .filter(name => !document.getElementById(name)),
  }, "*");
};
</script>"""
_FRAME = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe src="probed.html" style="width:{width}px;height:800px;border:0"></iframe><script>
onmessage = ({{data}}) => document.body.textContent = "SEEN" + btoa(
  String.fromCharCode(...new TextEncoder().encode(JSON.stringify(data)))) + "SEEN";
</script>"""


@dataclass(frozen=True)
class SeenPage:
    """What Chromium made of a page.

    Attributes:
        sections: Identities, in the order of the page.
        empty: Those that show nothing below their heading.
        pictures: How many there are.
        plots: The same.
        broken: Pictures that it could not decode, by section and text.
        flat: Pictures of a single colour.
        drawn: Plots in which nothing is drawn.
        overflow: Pixels by which the page is wider than the window.
        fetched: What it loaded beside the page.
        dead: Links within the page that lead nowhere.
        console: What it wrote to its console.
    """

    sections: list[str]
    empty: list[str]
    pictures: int
    plots: int
    broken: list[str]
    flat: list[str]
    drawn: list[str]
    overflow: int
    fetched: list[str]
    dead: list[str]
    console: list[str]


def look_at(page: Path, width: int, folder: Path) -> SeenPage:
    """Opens a page; skips the test where no Chromium is on the PATH.

    Args:
        page: HTML file.
        width: Of the window, pixels.
        folder: For the browser's own files, and copies of the page.
    """
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        pytest.skip(f"none of {', '.join(_NAMES)} is on PATH")
    folder.mkdir(parents=True, exist_ok=True)
    html = page.read_text()
    assert html.count("</body>") == 1
    (folder / "probed.html").write_text(html.replace("</body>", f"{_PROBE}</body>"))
    (folder / "frame.html").write_text(_FRAME.format(width=width))
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            f"--window-size={width},800",
            "--virtual-time-budget=20000",
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            (folder / "frame.html").as_uri(),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search("SEEN([A-Za-z0-9+/=]+)SEEN", done.stdout)
    assert found, f"the page did not finish loading: {done.stderr[-2000:]}"
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return SeenPage(console=console, **json.loads(base64.b64decode(found[1])))


def assert_shows_well(page: Path, folder: Path, sections: set[str]) -> None:
    """Holds a page to what every page must do, at a phone's and at a desk's width.

    Args:
        page: HTML file.
        folder: For the browser's own files.
        sections: Identities of which none may be missing.
    """
    for width in (PHONE, DESK):
        seen = look_at(page, width, folder / str(width))
        assert seen.console == []
        assert sections <= set(seen.sections)
        assert seen.empty == []
        assert seen.broken == []
        assert seen.flat == []
        assert seen.drawn == []
        assert seen.fetched == []
        assert seen.dead == []
        assert seen.overflow <= 0, f"{seen.overflow} pixels wider than {width}"
        assert seen.pictures + seen.plots > 0
