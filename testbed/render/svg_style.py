"""Colours and type of the SVG, in light and in dark."""

from collections.abc import Mapping

# Each VLAN takes the next hue, the same in both schemes; red is kept for pulled cables.
HUES = (
    "#3b82f6", "#f59e0b", "#a855f7", "#10b981", "#ec4899", "#06b6d4",
    "#84cc16", "#f97316", "#6366f1", "#a16207", "#14b8a6", "#be185d",
)  # fmt: skip

_LIGHT = {
    "ground": "#f8fafc",
    "card": "#ffffff",
    "edge": "#cbd5e1",
    "ink": "#0f172a",
    "soft": "#526077",
    "faint": "#8291a7",
    "hair": "#e8edf3",
    "port": "#ffffff",
    "bad": "#dc2626",
    "good": "#16a34a",
    "wait": "#d97706",
}
_DARK = {
    "ground": "#0f1520",
    "card": "#182130",
    "edge": "#3b485c",
    "ink": "#f1f5f9",
    "soft": "#a3b1c6",
    "faint": "#66758c",
    "hair": "#263245",
    "port": "#0f1520",
    "bad": "#f87171",
    "good": "#4ade80",
    "wait": "#fbbf24",
}

_COMMON = """
text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif;font-size:12px}
.num{font-variant-numeric:tabular-nums}
.title{font-size:24px;font-weight:650;letter-spacing:-.3px}
.name{font-size:15px;font-weight:650}
.strong{font-weight:600}
.small{font-size:11px}
.mid{text-anchor:middle}
.end{text-anchor:end}
.cable{fill:none;stroke-linecap:butt}
.off,.bare{fill:none;stroke-width:2}
.pulled{fill:none;stroke-width:2;stroke-dasharray:7 5}
.cross{stroke-width:2.5;stroke-linecap:round}
.dim{opacity:.45}
.waiting{stroke-dasharray:2 4}
"""


def stylesheet() -> str:
    """Return the CSS: light by default, dark where the reader's system asks for it."""
    return f"{_COMMON}{_rules(_LIGHT)}@media (prefers-color-scheme:dark){{\n{_rules(_DARK)}}}\n"


def _rules(tone: Mapping[str, str]) -> str:
    return (
        ".ground{{fill:{ground}}}\n"
        ".halo{{fill:none;stroke:{ground}}}\n"
        ".card{{fill:{card};stroke:{edge}}}\n"
        ".hair{{stroke:{hair}}}\n"
        ".port{{fill:{port};stroke:{soft};stroke-width:1.25}}\n"
        ".ink{{fill:{ink}}}\n"
        ".soft{{fill:{soft}}}\n"
        ".faint{{fill:{faint}}}\n"
        ".line{{stroke:{faint};fill:none}}\n"
        ".off,.bare{{stroke:{faint}}}\n"
        ".pulled{{stroke:{bad}}}\n"
        ".cross{{stroke:{bad}}}\n"
        ".disc{{fill:{ground};stroke:{bad};stroke-width:1.5}}\n"
        ".tie{{fill:{soft}}}\n"
        ".tie-off{{fill:{faint}}}\n"
        ".loop-off{{fill:{ground};stroke:{faint}}}\n"
        ".tie-text{{fill:{card}}}\n"
        ".loop{{fill:{ground};stroke:{soft};stroke-width:1.25}}\n"
        ".running{{fill:{good}}}\n"
        ".paused{{fill:{wait}}}\n"
        ".power-off{{fill:none;stroke:{faint};stroke-width:1.5}}\n"
        ".bad{{fill:{bad}}}\n"
    ).format(**tone)
