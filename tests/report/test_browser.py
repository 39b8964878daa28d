# SPDX-License-Identifier: BSD-3-Clause
"""The page in a real browser: what people see and do on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from shown_program import HOSTILE
from test_contents import contents_of
from test_page import PAYLOADS, page_of

from pygo_cross.build.report.contents import CLASSES
from pygo_cross.build.report.pack import pack, unpack
from pygo_cross.build.report.page import read_back, render

READY = "document.querySelector('#map [role=option]')"
TEXTS = "[...document.querySelectorAll({!r})].map(node => node.textContent)"


@pytest.fixture
def page(chromium: Browser, shown: Path) -> Iterator[Browser]:
    """The page of the build, ready. No test may leave an error on the console, or a request but the one for the page."""
    chromium.media()
    chromium.open(shown / "dist/report.html")
    chromium.until(READY)
    yield chromium
    assert chromium.problems == []
    assert chromium.requests == [(shown / "dist/report.html").absolute().as_uri()]


def texts(page: Browser, selector: str) -> list[str]:
    """The text of each element."""
    found: list[str] = page.run(TEXTS.format(selector))
    return found


def crumbs(page: Browser) -> list[str]:
    """Where the page says that one is."""
    return texts(page, ".crumbs li")


def find(page: Browser, words: str) -> list[str]:
    """Searches; the names that are found."""
    page.run("document.querySelector('#search').focus(); document.querySelector('#search').select()")
    page.run("document.querySelector('[role=status]').textContent = ''")
    page.write(words)
    page.until("document.querySelector('[role=status]').textContent.match(/found|Nothing/)")
    return texts(page, ".list tbody td:first-child")


# Relative luminance and contrast as WCAG 2 defines them, for every text that shows.
CONTRAST = """(() => {
  const parse = (text) => { const parts = text.match(/[\\d.]+/g).map(Number); return parts.length > 3 ? parts : [...parts, 1]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const bad = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (["SCRIPT", "STYLE", "NOSCRIPT", "OPTION"].includes(node.tagName)) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(paper(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)} ${walker.currentNode.data.slice(0, 30)}`);
  }
  return [...bad];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_fits_and_can_be_read(page: Browser, width: int, scheme: str) -> None:
    page.media(scheme=scheme)
    page.resize(width)
    page.run("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    page.until(f"document.documentElement.clientWidth === {width} && {READY}")
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(CONTRAST) == []


def test_what_can_be_used_has_a_name(page: Browser) -> None:
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "link", "combobox", "searchbox", "listbox", "option", "region", "table", "textbox", "list")
    unnamed = [node["role"]["value"] for node in nodes if not node["ignored"] and node["role"]["value"] in roles[:-2]
               and node["role"]["value"] != "table" and not node.get("name", {}).get("value")]  # fmt: skip
    assert unnamed == []
    found = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert {"button", "link", "combobox", "searchbox", "listbox", "option", "region", "table", "heading", "main", "banner"} <= found
    assert page.run("document.documentElement.lang") == "en"
    levels = page.run("[...document.querySelectorAll('h1, h2, h3')].filter(n => n.checkVisibility()).map(n => +n.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_map_is_the_file(page: Browser, shown: Path) -> None:
    """Areas are in proportion to sizes: of each package, what its cell covers of the map is its share of the file."""
    rows = page.run("""(() => {
      const all = document.querySelector('#map').getBoundingClientRect();
      return [...document.querySelectorAll('#map > div')].map(cell => {
        const box = cell.getBoundingClientRect();
        return [cell.querySelector('.head')?.textContent ?? '', box.width * box.height / (all.width * all.height)];
      });
    })()""")
    areas = {name: area for name, area in rows if name}
    listed = dict(zip(texts(page, ".list td:first-child"), texts(page, ".list td:last-child"), strict=True))
    assert abs(sum(area for _, area in rows) - 1) < 0.02
    for name in ("standard library", "tables"):
        assert abs(areas[name] - float(listed[name].split(" ")[0]) / 100) < 0.02, name
    found = read_back((shown / "dist/report.html").read_bytes())
    assert found is not None
    for binary in unpack(found[1])["binaries"].values():
        total = page.run("document.querySelector('.panel .facts dd').textContent")
        assert total.split(" ")[0].replace(",", "").isdigit()
        if binary["size"] == int(total.split(" ")[0].replace(",", "")):
            break
    else:
        pytest.fail("the size on the page is that of no binary")


def test_from_the_whole_to_a_symbol_and_why(page: Browser) -> None:
    page.run("document.querySelector('#binary').value = 'shown_linux_amd64/shown'")
    page.run("document.querySelector('#binary').dispatchEvent(new Event('change'))")
    page.until("document.querySelector('.crumbs').textContent.includes('linux/amd64')")
    main = "[...document.querySelectorAll('.list button')].find(node => node.textContent === 'example.com/shown')"
    page.run(f"{main}.id = 'main'")
    page.click("#main")
    assert crumbs(page)[-1] == "example.com/shown"
    assert any("listen" in label for label in texts(page, "#map .leaf"))
    page.click("#map [aria-label^='main.listen,']")
    assert texts(page, "#picked") == ["main.listen"]
    way = texts(page, ".why li")
    assert way[0].startswith("_rt0_amd64_linux") and way[-2].endswith("main.main") and way[-1] == "callsmain.listen"
    assert page.run("document.querySelector('#map .picked').getAttribute('aria-selected')") == "true"

    # A method that only an interface calls: the page says whose fault that is.
    assert find(page, "(*person).speak") == ["main.(*person).speak"]
    page.click(".list button")
    way = texts(page, ".why li")
    assert way[-1] == "has this method, and main.listen calls one like it through an interface:main.(*person).speak"
    assert "type:*main.person" in way[-2]
    assert page.run("document.querySelector('#search').value") == ""

    # Every step of the way leads on.
    page.click(".why li:nth-last-child(2) > button")
    assert texts(page, "#picked") == ["type:*main.person"]
    page.click(".crumbs li:first-child button")
    page.until("document.querySelectorAll('.crumbs li').length == 1")
    assert len(crumbs(page)) == 1 and crumbs(page)[0].startswith("shown linux/amd64")


def test_only_the_keyboard(page: Browser) -> None:
    page.run("document.querySelector('#map').focus()")
    seen = set()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", *["ArrowLeft"] * 20):
        page.press(key)
        told = page.run("document.getElementById(document.querySelector('#map').getAttribute('aria-activedescendant')).ariaLabel")
        assert texts(page, "[role=status]") == [told]
        seen.add(told)
    assert len(seen) > 3 and told.startswith("runtime, ")  # the largest, on the left
    page.press("Enter")
    assert crumbs(page)[-1] == "runtime"
    page.press("ArrowRight")
    page.press("Enter")
    assert texts(page, ".why li")
    page.press("Escape")
    page.press("Escape")
    assert len(crumbs(page)) == 1
    assert page.run("document.activeElement.id") == "map"


def test_search(page: Browser) -> None:
    found = find(page, "PRINTLN")
    assert "fmt.Fprintln" in found and all("println" in name.lower() for name in found)
    assert page.run("document.querySelectorAll('#map .hit').length") >= 1
    assert find(page, "no such thing") == []
    assert texts(page, "[role=status]") == ["Nothing of that name"]
    # A variable that is zero takes memory and no room in the file.
    assert find(page, "main.quiet") == ["main.quiet"]
    assert texts(page, ".list td:last-child") == ["memory only"]
    page.click(".list button")
    assert "4,096 bytes, zeroed when the program starts" in " ".join(texts(page, ".panel dd"))


def test_comparison(page: Browser) -> None:
    page.run("document.querySelector('#against').value = [...document.querySelector('#against').options].at(-1).value")
    page.run("document.querySelector('#against').dispatchEvent(new Event('change'))")
    heads = texts(page, ".list th")
    assert heads == ["Name", "shown darwin/arm64", "shown linux/amd64", "Difference"]
    assert "against shown linux/amd64" in texts(page, "[role=status]")[0]
    rows = page.run(
        "[...document.querySelectorAll('.list tbody tr')].map(row => [...row.cells].map(cell => cell.title || cell.textContent))"
    )
    sizes = [[int(cell.split(" ")[0].replace(",", "")) for cell in row[1:]] for row in rows]
    assert len(sizes) > 20 and all(here - there == difference for here, there, difference in sizes)
    assert [abs(row[2]) for row in sizes] == sorted((abs(row[2]) for row in sizes), reverse=True)
    page.run("[...document.querySelectorAll('.list button')].find(node => node.textContent === 'runtime').id = 'rt'")
    page.click("#rt")
    assert crumbs(page)[-1] == "runtime" and "in runtime against" in texts(page, "[role=status]")[0]


def test_other_sizes_of_the_window(page: Browser) -> None:
    page.resize(500)
    page.until("Math.max(...[...document.querySelectorAll('#map > div')].map(c => c.getBoundingClientRect().right)) <= 500")


def test_the_matrix_leads_inside(page: Browser) -> None:
    page.click("a[data-look='shown_linux_amd64/shown']")
    assert page.run("document.querySelector('#binary').value") == "shown_linux_amd64/shown"
    assert page.run("location.hash") == "#inside"


def test_failed_runs_come_first(page: Browser) -> None:
    runs = page.run("[...document.querySelectorAll('details.run')].map(n => [n.open, n.querySelector('summary').innerText])")
    assert [is_open for is_open, _ in runs] == [True, False, False]
    assert runs[0][1].startswith("✗ failed") and "'<b>fail</b>'" in runs[0][1]
    assert HOSTILE in page.run("document.querySelector('details.run.bad pre:nth-of-type(2)').textContent")
    assert "␛[31mred␛[0m \\u202eevil\\u202c" in page.run("document.querySelector('details.run.bad pre:nth-of-type(2)').textContent")
    links = page.run("[...document.querySelectorAll('.files a')].map(node => node.getAttribute('href'))")
    assert len(links) >= 5 and all(link.startswith("./") for link in links)


def test_nothing_on_the_page_gets_to_run_scripts(page: Browser) -> None:
    assert find(page, "<script>")
    assert any(HOSTILE in name for name in texts(page, ".list td:first-child"))
    page.click(".list button")
    assert HOSTILE in texts(page, "#picked")[0]
    assert page.run("typeof hacked") == "undefined"
    assert page.run("document.querySelectorAll('main img, main script').length") == 0
    # The page's own policy refuses what gets in all the same.
    page.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'hacked = 1'}))")
    page.run("document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x.png'}))")
    page.until("document.querySelector('body > img').complete")
    assert page.run("typeof hacked") == "undefined"
    assert len(page.problems) == 2 and all("Content Security Policy" in problem for problem in page.problems)
    page.problems.clear()
    page.requests.pop()  # was told of, and refused


@pytest.mark.parametrize("text", [text for text in PAYLOADS if "\ud800" not in text], ids=range(len(PAYLOADS) - 1))
def test_payloads(chromium: Browser, text: str, tmp_path: Path) -> None:
    chromium.media()
    (tmp_path / "report.html").write_bytes(render(page_of(text)))
    chromium.open(tmp_path / "report.html")
    chromium.until("document.querySelector('#map div')")
    assert chromium.problems == [] and len(chromium.requests) == 1
    assert chromium.run("typeof hacked") == "undefined"
    assert chromium.run("document.querySelectorAll('main img, main svg, main script, main b:not(.tiles b)').length") == 0


def test_on_paper(page: Browser) -> None:
    page.media("print")
    assert page.run("document.querySelector('#explorer').checkVisibility()") is False
    shown_runs: list[Any] = page.run("[...document.querySelectorAll('details.run pre')].map(n => n.getBoundingClientRect().height)")
    assert len(shown_runs) >= 4 and min(shown_runs) > 10
    assert page.run(CONTRAST) == []


def test_without_scripts(chromium: Browser, shown: Path) -> None:
    chromium.media()
    chromium.open(shown / "dist/report.html", scripts=False)
    try:
        document = chromium.call("DOM.getDocument")["root"]["nodeId"]
        matrix = chromium.call("DOM.querySelector", nodeId=document, selector=".matrix")["nodeId"]
        assert "✗ 1 of 2 runs failed" in chromium.call("DOM.getOuterHTML", nodeId=matrix)["outerHTML"]
        for selector, seen in (("#explorer", False), ("noscript p", True), ("h3 + .scroll table", True), ("details.run.bad pre", True)):
            node = chromium.call("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
            if seen:
                assert chromium.call("DOM.getBoxModel", nodeId=node)["model"]["height"] > 10
            else:
                with pytest.raises(AssertionError, match="box model"):
                    chromium.call("DOM.getBoxModel", nodeId=node)
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)


def test_more_symbols_than_a_page_takes(chromium: Browser, tmp_path: Path) -> None:
    """The smallest are put together, and the sums stay those of the file."""
    contents = contents_of(500, 5)
    page = page_of("plain")
    page.contents = pack({"x_linux_amd64/plain": contents}, 300)
    (tmp_path / "report.html").write_bytes(render(page))
    chromium.media()
    chromium.open(tmp_path / "report.html")
    chromium.until(READY)
    zeroed = CLASSES.index("zeroed")
    small = [size for size, kind in zip(contents.sizes, contents.kind, strict=True) if kind != zeroed and size < 5000]
    assert small
    assert texts(chromium, ".panel dd")[0].startswith(f"{contents.size:,} bytes, 100")
    found = find(chromium, "n")
    assert 0 < len(found) < 500
    chromium.run("[...document.querySelectorAll('.list td:nth-child(2)')].at(0).id = 'p'")
    chromium.run("document.querySelector('#search').value = ''; document.querySelector('#search').dispatchEvent(new Event('input'))")
    chromium.until("document.querySelector('.list th:nth-child(2)').textContent === 'Size'")
    chromium.click(".list button")
    assert any("small symbols" in name for name in texts(chromium, ".list td:first-child")) or len(crumbs(chromium)) == 2
    assert chromium.problems == []


def test_data_that_is_damaged(chromium: Browser, shown: Path, tmp_path: Path) -> None:
    html = (shown / "dist/report.html").read_bytes()
    at = html.index(b'id="contents">') + 500
    (tmp_path / "report.html").write_bytes(html[:at] + b"AAAA" + html[at + 8 :])
    chromium.open(tmp_path / "report.html")
    chromium.until("document.querySelector('#explorer p')")
    assert "can't show the inside" in texts(chromium, "#explorer")[0]
