"""From OpenAPI's security schemes to credentials by environment variable."""

from __future__ import annotations

import re
from typing import Any

from lamforge.errors import SchemaError
from lamforge.tools.openapi.document import Document
from lamforge.tools.remote.bindings import Auth

PREFIX = "LAMFORGE_"  # of every variable: a document cannot name one that holds something else


def read_schemes(document: Document) -> tuple[dict[str, Auth], dict[str, str]]:
    """(credentials by the scheme's name, why other schemes cannot be used)."""
    components = document.root.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    found: dict[str, Auth] = {}
    unusable: dict[str, str] = {}
    info = document.root.get("info")
    service = _words(str(info.get("title") or "") if isinstance(info, dict) else "")
    for name, node in (schemes if isinstance(schemes, dict) else {}).items():
        env = PREFIX + "_".join(filter(None, (service, _words(name))))
        try:
            found[name] = _auth(document.resolved(node, f"{document.source}, security scheme {name}"), env)
        except (SchemaError, ValueError) as error:
            unusable[name] = str(error)
    return found, unusable


def choose(requirements: Any, schemes: dict[str, Auth]) -> tuple[list[str], bool]:
    """The first alternative of a security requirement that can be met.

    Returns:
        (names of its schemes, whether calls are allowed without any).
    Raises:
        ValueError: naming the schemes, if no alternative can be met.
    """
    alternatives = [each for each in requirements or () if isinstance(each, dict)]
    optional = not alternatives or {} in alternatives
    for alternative in alternatives:
        if alternative and all(name in schemes for name in alternative):
            return list(alternative), optional
    if not optional:
        wanted = ", ".join(sorted({name for each in alternatives for name in each}))
        raise ValueError(f"it needs {wanted}, which cannot be used")
    return [], True


def _auth(node: Any, env: str) -> Auth:
    kind = node.get("type") if isinstance(node, dict) else None
    if kind == "http":
        scheme = str(node.get("scheme", "")).lower()
        if scheme in ("bearer", "basic"):
            return Auth(type=scheme, env=env)  # type: ignore[arg-type]
        raise ValueError(f"HTTP authentication of the kind {scheme!r} is not known")
    if kind == "apiKey" and node.get("in") in ("header", "query", "cookie") and isinstance(node.get("name"), str):
        return Auth(type=node["in"], env=env, name=node["name"])
    if kind in ("oauth2", "openIdConnect"):  # the user gets the token; it is sent as any bearer's
        return Auth(type="bearer", env=env)
    raise ValueError(f"a security scheme of the type {kind!r} is not known")


def _words(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")[:40]
