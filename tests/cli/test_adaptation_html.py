"""A report as a page: complete in itself, readable without seeing the plots, and safe whatever anything is called."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.reported import CHANGE, HOSTILE, bare, hostile, whole, without_control

from eddyline.cli.adaptation.chart import Scale, bounds, ticks
from eddyline.cli.adaptation.html import html
from eddyline.cli.adaptation.report import Report
from eddyline.cli.adaptation.tables import tables
from eddyline.cli.screen import printable

VOID = {"meta"}
REPORTS = {"whole": whole(), "bare": bare(), "hostile": hostile(), "without control": without_control()}


class Page(HTMLParser):
    """Reads a page as a browser would: its elements, their attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def ids(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name == "id"]


@pytest.fixture(params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    found: Report = REPORTS[request.param]
    return found


def test_a_page_loads_nothing_and_runs_nothing(report: Report) -> None:
    text = html(report, CHANGE)
    page = Page(text)
    assert not page.tags.keys() & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "use",
        "image",
        "a",
    }
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "href", "style", "action", "xlink:href"}
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import|expression|http", style)
    assert "default-src 'none'; style-src 'unsafe-inline'" in {value for _, value in page.attributes}


def test_hostile_names_are_text_and_nothing_else() -> None:
    page, usual = Page(html(hostile(), CHANGE)), Page(html(whole(), CHANGE))
    assert page.tags == usual.tags
    shown = "".join(page.text)
    assert shown.count(printable(HOSTILE)) >= 8
    assert "\x1b" not in shown


def test_a_page_can_be_stored_as_utf_8_whatever_is_in_it() -> None:
    report = whole()
    assert html(report._replace(splits={"\ud800\0": report.splits["relevance"]}), CHANGE).encode()


def test_every_plot_has_a_title_and_a_description_that_it_names() -> None:
    page = Page(html(whole(), CHANGE))
    assert page.tags["svg"] == page.tags["desc"] == 4
    labels = [value for name, value in page.attributes if name == "aria-labelledby"]
    assert len(labels) == 4
    named = [id_ for label in labels for id_ in (label or "").split()]
    assert sorted(named) == sorted(page.ids())
    assert len(set(named)) == 8
    assert [value for name, value in page.attributes if name == "role"] == ["img"] * 4


def test_every_table_has_a_caption_and_heads(report: Report) -> None:
    page = Page(html(report, CHANGE))
    assert page.tags["caption"] == page.tags["table"] > 0
    scopes = Counter(value for name, value in page.attributes if name == "scope")
    assert scopes["col"] + scopes["row"] == page.tags["th"]


def test_all_that_is_told_at_a_terminal_is_on_the_page_too(report: Report) -> None:
    shown = Page(html(report, CHANGE)).text
    for told in tables(report):
        cells = {str(value) for row in told.rows for value in row.values() if value is not None}
        assert {printable(cell) for cell in cells} <= set(shown)
        assert {printable(note) for note in told.notes} <= set(shown)


def test_the_event_study_is_there_by_day_in_numbers() -> None:
    shown = Page(html(whole(), CHANGE)).text
    days = [date for date in shown if re.fullmatch(r"\d{4}-\d\d-\d\d", date)]
    assert len(set(days)) >= 22


def test_nothing_is_not_a_number(report: Report) -> None:
    text = html(report, CHANGE)
    assert not re.search(r"\b(nan|inf|None)\b", text)


def test_where_nothing_could_be_estimated_there_is_no_plot() -> None:
    page = Page(html(bare(), CHANGE))
    assert page.tags["svg"] == 0
    assert "insufficient data" in page.text


def test_the_placebo_band_is_drawn_where_there_is_no_control() -> None:
    assert 'class="placebo"' in html(without_control(), CHANGE)
    assert 'class="placebo"' not in html(whole(), CHANGE)


def test_the_point_of_a_day_lies_where_its_numbers_say() -> None:
    text = html(whole(), CHANGE)
    drawn = text.partition("event-study-description")[2].partition("</svg>")[0]
    points = [tuple(map(float, found)) for found in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert len(points) == 21
    (zero,) = {y for x, y in points[:14]}
    (tenth,) = {y for x, y in points[14:]}
    assert tenth < zero
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    gaps = {round(later - earlier) for (earlier, _), (later, _) in pairwise(points[:14])}
    assert len(gaps) == 1


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False), max_size=5))
def test_scales_hold_their_values_and_have_a_few_ticks(values: list[float]) -> None:
    low, high = bounds(round(value, 3) for value in values)
    assert all(low <= round(value, 3) <= high for value in (0.0, *values))
    found = ticks(low, high)
    assert 3 <= len(found) <= 12
    assert all(low <= tick <= high for tick in found)
    scale = Scale(low, high, 300, 20)
    assert scale(low) == 300
    assert scale(high) == 20
