import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from report.page import page_of
from report.section import Section
from report.template import render


def test_sections_come_in_order_and_can_be_jumped_to(read_page):
    sections = [
        Section("one", "The <first>", Markup("<p>1 &lt; 2</p>")),
        Section("two", "The second", Markup("<p>3</p>")),
    ]
    page = read_page(page_of("A & B", "About <it>", sections).decode())
    assert page.headings == ["The <first>", "The second"]
    assert page.sections["one"].split() == ["The", "<first>", "1", "<", "2"]
    assert page.references == ["#one", "#two"]
    assert "A & B" in page.text
    assert "About <it>" in page.text


def test_a_name_that_is_not_unicode_is_shown_with_backslashes():
    page = page_of(b"caf\xe9".decode(errors="surrogateescape"), "", [])
    assert "caf\\udce9" in page.decode()


def test_two_sections_of_one_identity():
    with pytest.raises(ValueError, match="the same identity"):
        page_of("A", "", [Section("one", "x", Markup()), Section("one", "y", Markup())])


def test_a_value_that_a_template_misses_is_an_error():
    with pytest.raises(UndefinedError, match="about"):
        render("page.html", title="A", sections=[])
