"""HTML and SVG as trees of elements: text becomes text whatever it holds, so no name of a deployment can become markup.

Only written, never parsed.
"""

from xml.etree.ElementTree import Element, tostring

from eddyline.cli.screen import printable

Child = Element | str


def tag(name: str, /, *children: Child, **attributes: object) -> Element:
    """Return an element; in names of attributes ``_`` stands for ``-``, and one at the end is left out.

    >>> tostring(tag("p", "1 < 2 ", tag("b", "<i>"), class_='"x"'), "unicode", method="html")
    '<p class="&quot;x&quot;">1 &lt; 2 <b>&lt;i&gt;</b></p>'
    """
    told = {key.rstrip("_").replace("_", "-"): printable(str(value)) for key, value in attributes.items()}
    found = Element(name, told)
    for child in children:
        if isinstance(child, Element):
            found.append(child)
        elif len(found):
            found[-1].tail = (found[-1].tail or "") + printable(child)
        else:
            found.text = (found.text or "") + printable(child)
    return found


def page(title: str, style: str, *body: Child) -> str:
    """Return a whole page that loads nothing and runs nothing.

    Args:
        title: of the page.
        style: its style sheet, which must not come from outside.
        body: what it shows.
    """
    sheet = Element("style")
    sheet.text = style
    rules = "default-src 'none'; style-src 'unsafe-inline'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=rules),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        sheet,
    )
    whole = tag("html", head, tag("body", *body), lang="en")
    return f"<!doctype html>\n{tostring(whole, 'unicode', method='html')}\n"
