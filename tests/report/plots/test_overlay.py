from report.plots.overlay import share_overlay


def test_the_first_is_an_area_and_all_are_named(read_page):
    plot = share_overlay(
        "drift-brightness",
        "Then and <now>",
        "brightness",
        [0.0, 10.0, 20.0],
        {"then": [0.25, 0.75], "now": [1.0, 0.0]},
    )
    page = read_page(plot.svg)
    assert page.plots == ["Then and <now>"]
    assert "then" in page.text
    assert "now" in page.text
    assert "brightness" in page.text
    assert "fill: var(--series-1)" in plot.svg
    assert "stroke: var(--series-2)" in plot.svg
    assert all(each.startswith("drift-brightness-") for each in page.ids)
