"""The playground as one HTML file that loads nothing: two ways, one sum."""

import json
from collections.abc import Mapping
from html import escape
from string import Template
from typing import Any

from harness.report.failure import visible
from harness.report.scripts import asset, script

STYLES = ("styles/1-base.css", "styles/4-ways.css")


def playground(begin: Mapping[str, Any] | None = None) -> str:
    """Text of the page. `begin` is the call it opens on: what `play/main.js` reads, `case` among it, the id."""
    text = json.dumps(begin, allow_nan=False).replace("<", "\\u003c")  # no string can end the script it stands in
    case = escape(visible(begin["case"])) if begin else ""
    return Template(asset("playground.html")).substitute(
        title="Two ways, one sum" + f": {case}" * bool(case),
        style="".join(map(asset, STYLES)),
        case=f'<p>Opened on <bdi dir="ltr"><code>{case}</code></bdi>.</p>' if case else "",
        begin=text,
        script=script("play/main.js"),
    )
