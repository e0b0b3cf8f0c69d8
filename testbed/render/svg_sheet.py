"""An SVG document being drawn: elements in order, coordinates rounded, text escaped."""

from collections.abc import Mapping
from xml.etree import ElementTree

from testbed.render.svg_path import number

Element = ElementTree.Element


class Sheet:
    """An SVG document; what is added later lies on top."""

    def __init__(self, width: float, height: float) -> None:
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {number(width)} {number(height)}",
                "width": number(width),
                "height": number(height),
                "role": "img",
                "aria-labelledby": "testbed-title testbed-desc",
            },
        )

    def document(self) -> str:
        """Return the document as text, one element a line."""
        ElementTree.indent(self._root, " ")
        return ElementTree.tostring(self._root, encoding="unicode") + "\n"

    def add(
        self,
        tag: str,
        attributes: Mapping[str, float | str],
        *,
        words: str | None = None,
        parent: Element | None = None,
    ) -> Element:
        values = {
            name: value if isinstance(value, str) else number(value)
            for name, value in attributes.items()
            if value != ""
        }
        element = ElementTree.SubElement(self._root if parent is None else parent, tag, values)
        element.text = words
        return element

    def group(self, title: str, *, cls: str = "", parent: Element | None = None) -> Element:
        """Return a new group; its title is what a reader hears, or sees under the pointer."""
        group = self.add("g", {"class": cls}, parent=parent)
        if title:
            self.add("title", {}, words=title, parent=group)
        return group

    def text(
        self, x: float, y: float, words: str, cls: str, parent: Element | None = None
    ) -> Element:
        return self.add("text", {"class": cls, "x": x, "y": y}, words=words, parent=parent)

    def span(self, text: Element, words: str, cls: str) -> None:
        """Go on in the same line of text in another style."""
        self.add("tspan", {"class": cls}, words=words, parent=text)

    def line(
        self, start: tuple[float, float], stop: tuple[float, float], cls: str,
        parent: Element | None = None,
    ) -> None:  # fmt: skip
        ends = {"x1": start[0], "y1": start[1], "x2": stop[0], "y2": stop[1]}
        self.add("line", {"class": cls, **ends}, parent=parent)

    def rect(
        self,
        place: tuple[float, float, float, float],
        cls: str,
        *,
        radius: float,
        fill: str = "",
        parent: Element | None = None,
    ) -> None:
        """Draw a rectangle at (x, y, width, height) with round corners."""
        x, y, width, height = place
        size = {"x": x, "y": y, "width": width, "height": height, "rx": radius}
        self.add("rect", {"class": cls, **size, "fill": fill}, parent=parent)

    def dot(
        self,
        at: tuple[float, float],
        radius: float,
        cls: str = "",
        fill: str = "",
        parent: Element | None = None,
    ) -> None:
        place = {"cx": at[0], "cy": at[1], "r": radius}
        self.add("circle", {"class": cls, **place, "fill": fill}, parent=parent)
