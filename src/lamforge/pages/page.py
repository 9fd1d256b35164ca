"""One HTML file that asks for nothing from anywhere. It knows templates and browsers, nothing of what is reported."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from lamforge.printable import printable

_BASE = Path(__file__).with_name("base.css")


def render_page(template: Path, *, data: Any = None, **values: Any) -> str:
    """A page as HTML; all that the template inserts reaches the browser as text, and a terminal, too.

    The page allows itself its own style and script, by their hashes, and nothing else.

    Args:
        template: A Jinja file NAME.html with `{{ head }}` for metadata and style and `{{ script }}` at its end;
            NAME.css and NAME.js beside it belong to it.
        data: What the script reads, as JSON, from the element with the id "data"; None if there is no script.
        values: What the template inserts.
    """
    style = _text(_BASE) + _text(template.with_suffix(".css"))
    script = _text(template.with_suffix(".js")) if data is not None else ""
    loader = FileSystemLoader(template.parent)
    environment = ImmutableSandboxedEnvironment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": percent, "words": words}
    page = environment.get_template(template.name).render(
        head=Markup(_head(style, script)), script=Markup(_script(script, data)), **values
    )
    return printable(page)


def percent(fraction: float) -> str:
    """A fraction of 1 with one decimal of a percent."""
    return f"{100 * fraction:.1f} %"


def words(name: object) -> str:
    """A name as people read it."""
    return str(name).replace("_", " ")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _head(style: str, script: str) -> str:
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    policy = f"default-src 'none'; style-src '{_hash(style)}'; {scripts}base-uri 'none'; form-action 'none'"
    return (
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<style>{style}</style>"
    )


def _script(script: str, data: Any) -> str:
    if not script:
        return ""
    return f'<script type="application/json" id="data">{_inert(data)}</script>\n<script>{script}</script>'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _inert(value: Any) -> str:
    """JSON that cannot end the script element it stands in: `<`, `>`, `&` and non-ASCII are written as escapes."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
