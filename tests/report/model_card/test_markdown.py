import jinja2
import pytest
from markdown_it import MarkdownIt

from report.model_card.markdown import (
    Markdown,
    escape_markdown,
    paragraphs,
    render_markdown,
    table_row,
    table_rule,
)

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NASTY = (
    "a*b*c",
    "__init__",
    "_x_",
    "`code`",
    "``",
    "<script>alert(1)</script>",
    "a|b",
    "[text](https://example.org)",
    "![picture](x.png)",
    "<https://example.org>",
    "&amp;",
    "a\\",
    "\\*",
    "~~gone~~",
    "$x$",
    "Citroën Ω 🚗",
    "*",
    "a  b\tc",
)


def shown(markdown):
    """The text that a reader sees, and the kinds of everything that is more than text."""
    text, kinds = "", []
    for token in RENDERER.parse(markdown):
        kinds.append(token.type)
        for child in token.children or ():
            kinds.append(child.type)
            text += child.content if child.type == "text" else ""
    return text, set(kinds)


@pytest.mark.parametrize("text", NASTY)
def test_text_is_shown_as_it_is(text):
    assert shown(f"Make {escape_markdown(text)} it is.") == (
        f"Make {' '.join(text.split())} it is.",
        {"paragraph_open", "inline", "text", "paragraph_close"},
    )


@pytest.mark.parametrize("text", NASTY)
def test_text_stays_in_its_cell(text):
    rows = [table_row(["heading", "other"]), table_rule(["heading", "other"])]
    table = "\n".join([*rows, table_row([text, 4]), ""])
    tokens = RENDERER.parse(table)
    cells = [each.children for each in tokens if each.type == "inline"]
    assert ["".join(child.content for child in cell) for cell in cells] == [
        "heading",
        "other",
        " ".join(text.split()),
        "4",
    ]


def test_line_ends_of_every_kind_become_blanks():
    text = "a\nb\r\nc\x0bd\x0ce\x85f\u2028g\u2029h"
    assert escape_markdown(text) == "a b c d e f g h"


def test_what_turns_text_around_is_made_visible():
    assert escape_markdown("x\u202egpj.\u2066\x00y") == "x\ufffdgpj.\ufffd\ufffdy"


def test_ids_stay_readable():
    assert escape_markdown("0cdf5b5d0ce1_01, average_mask") == "0cdf5b5d0ce1_01, average_mask"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("see https://example.org", r"see https\://example.org"),
        ("HTTP://example.org", r"HTTP\://example.org"),
        ("www.example.org", r"www\.example.org"),
        ("ask @someone", r"ask \@someone"),
    ],
)
def test_nothing_becomes_a_link_by_itself(text, escaped):
    assert escape_markdown(text) == escaped
    assert shown(escaped)[0] == text


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "12) a", "> a", "=====", "---", "* a"]
)
def test_a_paragraph_begins_nothing_else(text):
    assert shown(paragraphs(text)) == (
        text,
        {"paragraph_open", "inline", "text", "paragraph_close"},
    )


def test_empty_lines_separate_paragraphs():
    assert paragraphs("one\nline\n\n \n- two\n") == "one line\n\n\\- two"


def test_a_template_escapes_all_but_markdown(monkeypatch):
    templates = {"t": "{{ make }} {{ number }} {{ row | table_row }} {{ ready }}{{ text | upper }}"}
    environment = jinja2.DictLoader(templates)
    monkeypatch.setattr("report.model_card.markdown.PackageLoader", lambda _: environment)
    from report.model_card import markdown

    markdown._environment.cache_clear()
    try:
        rendered = render_markdown(
            "t", make="a*", number=4, row=["|", 0.5], ready=Markdown("**yes**"), text="b_ "
        )
    finally:
        markdown._environment.cache_clear()
    assert rendered == r"a\* 4 | \| | 0.5 | **yes**B\_"


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render_markdown("model_card.md")
