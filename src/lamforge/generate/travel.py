"""A domain and roles on their way to other machines: their files go along, so that no disk is shared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.domains import Domain, load_domain
from lamforge.errors import UsageError
from lamforge.generate.roles import Roles

_LARGEST = 64 << 20  # bytes of a domain's folder that travel


def pack(domain: Domain, roles: Roles) -> dict[str, Any]:
    """A domain and roles as what travels to a node.

    Raises:
        UsageError: if the domain is too large, or its tools are a server's, which the nodes would share.
    """
    if domain.shared_servers:
        what = f"its tools are executed by {domain.shared_servers[0]}, which one machine at a time can use"
        raise UsageError(what, where=domain.folder, remedy="Leave --engine ray out.")
    return {
        "domain": _packed(domain.folder),
        "name": domain.folder.name,
        "sandbox": domain.sandbox,
        "prompts": _packed(roles.prompts) if roles.prompts else None,
        "roles": roles.model_dump(mode="json"),
    }


def _packed(folder: Path) -> dict[str, bytes]:
    files, size = {}, 0
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inner.parts):
            files[inner.as_posix()] = path.read_bytes()
            size += len(files[inner.as_posix()])
            if size > _LARGEST:
                remedy = "Keep what is no part of the domain elsewhere."
                raise UsageError(f"holds more than {_LARGEST >> 20} MiB", where=folder, remedy=remedy)
    return files


def unpack(luggage: dict[str, Any], folder: Path) -> tuple[Domain, Roles]:
    """What was packed, loaded in a folder of the node, and as confined as it was."""
    for part, place in (("domain", luggage["name"]), ("prompts", "prompts")):
        for name, content in (luggage[part] or {}).items():
            path = folder / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    roles = Roles.model_validate(luggage["roles"])
    if roles.prompts:
        roles = roles.model_copy(update={"prompts": folder / "prompts"})
    return load_domain(folder / luggage["name"], sandbox=luggage["sandbox"]), roles
