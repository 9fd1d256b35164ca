"""The domain that a run was made for, if it is at hand. A run's folder names it and does not hold it."""

from __future__ import annotations

from lamforge.domains import Domain, load_domain
from lamforge.domains.load import BUNDLED
from lamforge.errors import UsageError
from lamforge.generate.report.folder import RunFolder


def domain_of(run: RunFolder, given: str | None = None) -> Domain | None:
    """The given domain, or the bundled one that the run names, in the run's own version; None if there is none.

    Only rules are run, over what the run's conversations say; no tool is executed. A domain that was confined is again.

    Raises:
        UsageError: if the given domain is not the run's.
        DomainError: if it cannot be loaded.
    """
    wanted = run.config.get("domain_digest")
    if given is not None:
        domain = load_domain(given, sandbox=run.config.get("execution", {}).get("level"))
        if domain.digest != wanted:
            remedy = "Name the folder as it was when the run was made, or leave --domain out."
            raise UsageError("is not the domain that the run was made for", where=given, remedy=remedy)
        return domain
    name = run.config.get("domain")
    if name not in [folder.name for folder in BUNDLED.iterdir() if (folder / "domain.yaml").exists()]:
        return None
    domain = load_domain(BUNDLED / name)
    return domain if domain.digest == wanted else None
