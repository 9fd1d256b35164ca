"""`open_model`: from what a user types to a model."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urldefrag

from lamforge.engines.base import Model
from lamforge.engines.shortlist import Shortlist
from lamforge.errors import ModelError, UsageError, bounded

NANO = "nano"
_NANO = (Path(__file__).parents[1] / "models" / "nano.gguf", Path(__file__).parents[3] / "models" / "nano.gguf")


def embedded_model() -> Path:
    """The file of the model that ships with lamforge.

    Raises:
        ModelError: if it is not there.
    """
    found = next((path for path in _NANO if path.exists()), None)
    if found is None:
        raise ModelError(
            "the embedded model is missing",
            where=NANO,
            remedy="Install lamforge again, or pass --model FILE.gguf.",
        )
    return found


def open_model(
    spec: str,
    *,
    format: str | None = None,
    slots: int | None = None,
    context: int | None = None,
    threads: int | None = None,
    constrained: bool = True,
    silence: float = 120.0,
    max_tools: int | None = None,
) -> Model:
    """Opens a model; a GGUF's engine starts with the first request.

    Args:
        spec: A path ending in .gguf, with "#lora=ADAPTER.gguf" for an adapter on it; "nano"; "hf:owner/name", a GGUF
            of the Hugging Face hub, with ":FILE" or an encoding such as ":Q8_0" to choose one there; "http(s)://host/v1",
            with "#model=NAME" to choose one there; "scripted", which always says the same sentence;
            "scripted:FILE.jsonl", which replays recorded answers.
        format: Of a GGUF that does not name its own, such as "xlam-qwen/hf". With it, an endpoint is asked for
            completions of texts, and prompts, grammars and calls are lamforge's matter, not the endpoint's.
        slots: Requests that are worked on at the same time; by default chosen by a GGUF's size, 8 for others.
        context: Tokens of one conversation with a GGUF; by default the model's own, at most 8,192.
        threads: Of the CPU for a GGUF; by default chosen by the model's size.
        constrained: Let a GGUF write no call that is wrong: of tools that are not offered, or against their schemas.
        silence: Seconds without a piece of an endpoint's answer after which it is taken to be lost.
        max_tools: Show it only so many of the tools that it is offered: see `lamforge.engines.shortlist`.
    Raises:
        UsageError: if the spec has none of these forms, or an option is given that it has no use for.
        ModelError: if the file is missing or broken, or cannot be fetched.
    """
    if max_tools is not None:
        if max_tools < 1:
            raise UsageError(f"max_tools is {max_tools}", remedy="Give 1 or more, or leave it out.")
        opened = open_model(
            spec,
            format=format,
            slots=slots,
            context=context,
            threads=threads,
            constrained=constrained,
            silence=silence,
        )
        return cast(Model, Shortlist(opened, max_tools))
    if format is not None and spec.startswith("scripted"):
        raise UsageError("a script has no format", where=spec, remedy="Leave the format out.")
    spec = str(embedded_model()) if spec == NANO else spec
    elsewhere = spec.startswith(("http://", "https://"))
    if elsewhere or spec == "scripted" or spec.startswith("scripted:"):
        for option, value in (("context", context), ("threads", threads)):
            if value is not None:
                raise UsageError(f"{option} is a matter of GGUF files", where=spec, remedy="Leave it out.")
        return _endpoint(spec, format, slots, constrained, silence) if elsewhere else _script(spec, slots)
    note = None
    if spec.startswith("hf:"):
        from lamforge.engines.hub import fetch

        path, note = fetch(spec)
        spec = str(path)
    spec, _, lora = spec.partition("#lora=")
    if not spec.endswith(".gguf"):
        raise UsageError(
            f"{bounded(spec)} names no model",
            remedy="Use nano, FILE.gguf, hf:owner/name, http(s)://host/v1, scripted, or scripted:FILE.jsonl.",
        )
    from lamforge.engines.llama import LlamaModel

    model = LlamaModel(
        Path(spec),
        format=format,
        slots=slots,
        context=context,
        threads=threads,
        constrained=constrained,
        lora=Path(lora) if lora else None,
    )
    model.notes += [note] if note else []
    return model


def _endpoint(spec: str, format: str | None, slots: int | None, constrained: bool, silence: float) -> Model:
    from lamforge.engines.endpoint import EndpointModel
    from lamforge.engines.upstream import UpstreamModel

    url, fragment = urldefrag(spec)
    model = parse_qs(fragment).get("model", [None])[0]
    if format is None:
        return EndpointModel(url, model=model, slots=slots, silence=silence)
    return UpstreamModel(url, format=format, model=model, slots=slots, constrained=constrained, silence=silence)


def _script(spec: str, slots: int | None) -> Model:
    from lamforge.engines.scripted import ScriptedModel, replayed

    model = replayed(Path(spec.removeprefix("scripted:"))) if ":" in spec else ScriptedModel()
    model.slots = slots or model.slots
    return model
