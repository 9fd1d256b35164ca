"""Whether calling tools will work with a model's files, and if not, why not; nothing of the model is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.engines.claims import Claims, read_claims
from lamforge.engines.llama import LlamaModel
from lamforge.errors import LamforgeError, bounded
from lamforge.formats import Format, get_format
from lamforge.formats.comparison import Compared, Comparison, compare, misread


@dataclass(frozen=True)
class Verdict:
    """Whether tools can be called."""

    works: bool
    why: str
    remedy: str | None = None

    def __str__(self) -> str:
        return f"{'yes' if self.works else 'no'}: {self.why}{f'; {self.remedy}' if self.remedy else ''}"


@dataclass(frozen=True)
class Diagnosis:
    """What was found."""

    path: Path
    claims: Claims
    format: Format | None  # that prompts are rendered in
    missing_tokens: tuple[str, ...]  # special tokens of the format that the vocabulary has not
    compared: Compared | None  # None without a template
    misread: str | None  # a text of calls that the format does not read back
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        compared = self.compared
        return {
            "path": str(self.path),
            "kind": self.claims.kind,
            "architecture": self.claims.architecture,
            "named_format": self.claims.format,
            "format": self.format.id if self.format else None,
            "templates": {name: len(text) for name, text in self.claims.templates.items()},
            "template_error": compared.error if compared else None,
            "takes_tools": compared.takes_tools if compared else None,
            "tokens": self.claims.tokens,
            "missing_tokens": list(self.missing_tokens),
            "compared": [_comparison(row) for row in compared.formats] if compared else [],
            "misread": self.misread,
            "works": self.verdict.works,
            "verdict": str(self.verdict),
            "remedy": self.verdict.remedy,
        }


def _comparison(row: Comparison) -> dict[str, Any]:
    return {**row._asdict(), "first": row.first._asdict() if row.first else None}


def diagnose(path: Path, format: str | None = None) -> Diagnosis:
    """Looks at a GGUF file or a Hugging Face folder.

    Args:
        format: To render prompts in; by default what lamforge takes for the file, or what its template matches.
    Raises:
        ModelError: if the files cannot be read.
        UsageError: if the format is unknown.
    """
    chosen = get_format(format) if format is not None else None
    claims = read_claims(path)
    compared = compare(claims.templates, claims.tokens) if claims.templates else None
    fmt, refused = (chosen, None) if chosen is not None else _own_format(path, claims, compared)
    missing: tuple[str, ...] = ()
    if fmt is not None and claims.vocabulary is not None:
        missing = tuple(token for token in fmt.special_tokens if token not in claims.vocabulary)
    misread_text = misread(fmt) if fmt else None
    verdict = refused or _verdict(claims, fmt, chosen is not None, missing, compared, misread_text)
    return Diagnosis(path, claims, fmt, missing, compared, misread_text, verdict)


def nearest(compared: Compared) -> Comparison:
    """The known format that renders most conversations as the template does."""
    return max(compared.formats, key=lambda row: row.equal)


def _own_format(path: Path, claims: Claims, compared: Compared | None) -> tuple[Format | None, Verdict | None]:
    """What lamforge renders prompts of these files in, or why it does not."""
    same = [row.format for row in compared.formats if row.same] if compared else []
    remedy = f"use --format {same[0]}, which its own template matches" if same else "name its format with --format"
    try:
        if claims.kind == "GGUF":
            return LlamaModel(path).format, None
        if claims.format is not None:
            return get_format(claims.format), None
    except LamforgeError as error:
        return None, Verdict(False, error.what, remedy)
    return (get_format(same[0]) if same else None), None


def _verdict(
    claims: Claims,
    fmt: Format | None,
    chosen: bool,
    missing: tuple[str, ...],
    compared: Compared | None,
    misread_text: str | None,
) -> Verdict:
    if fmt is not None and missing:
        return Verdict(
            False,
            f"its vocabulary lacks {', '.join(missing)}, which {fmt.id} needs",
            "it was not trained in this format, or its tokenizer was changed",
        )
    if misread_text is not None:
        return Verdict(False, f"{fmt.id if fmt else ''} does not read back its own call {bounded(misread_text)}")
    if compared is None:
        return _without_template(claims, fmt, chosen)
    same = [row.format for row in compared.formats if row.same]
    if fmt is not None and fmt.id in same:
        return Verdict(True, f"prompts are {fmt.id}, the same bytes as its own template's")
    if compared.error is not None:
        return Verdict(False, f"its own template cannot be rendered ({compared.error})", "get the file from its makers")
    if same and fmt is not None:
        return Verdict(
            False, f"prompts would be {fmt.id}, but its own template is {same[0]}", f"use --format {same[0]}"
        )
    if not compared.takes_tools:
        return Verdict(
            False,
            "its own template shows the model no tools, so it was hardly trained to call them",
            "use a model that was, or fine-tune this one with `lamforge train sft`",
        )
    best = nearest(compared)
    assert best.first
    return Verdict(
        False,
        f"its own template is of no format known here; nearest is {best.format}, equal in {best.equal} of "
        f"{best.conversations} conversations and first different in {best.first.conversation!r}",
        "serve it with its own template (llama-server --jinja, vLLM) and give lamforge that server's URL",
    )


def _without_template(claims: Claims, fmt: Format | None, chosen: bool) -> Verdict:
    if fmt is not None and (chosen or claims.format is not None):
        by = "you name" if chosen else "it names"
        return Verdict(True, f"prompts are {fmt.id}, as {by}; there is no template of its own to compare with")
    return Verdict(
        False, "nothing in it says what it was trained in: no template, no format", "name its format with --format"
    )
