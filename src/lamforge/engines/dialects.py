"""What servers of completions want beside OpenAI's fields, so that they read a prompt as it is and keep a grammar."""

from __future__ import annotations

import unicodedata
from typing import Any

from lamforge.engines.connection import Connection
from lamforge.errors import UsageError, bounded
from lamforge.formats import Format, Grammar

_COMPOSED = ("xlam-qwen/", "hermes/")  # families whose models have Qwen's tokenizer


async def prompting(connection: Connection, fmt: Format, prompt: str, grammar: Grammar | None) -> dict[str, Any]:
    """The fields that hold the prompt and the grammar, as the server that answers there understands them.

    Raises:
        UsageError: if a grammar is to be kept and nothing is known of how to ask this server for it.
        EngineError: if it does not answer.
    """
    text = utf8(prompt)
    server = await connection.server()
    if server == "vllm":  # with --structured-outputs-config.backend guidance
        fields: dict[str, Any] = {"prompt": text, "add_special_tokens": False}
        return fields | ({"structured_outputs": {"grammar": grammar.text}} if grammar else {})
    if server == "llamacpp":
        if fmt.id.startswith(_COMPOSED):
            text = composed(text)
        kept = {"grammar": ended(grammar, await connection.tokens(fmt.stop_tokens[0]))} if grammar else {}
        tokens = await connection.tokens(text)  # a text may get one more at its begin
        return {"prompt": tokens, "cache_prompt": True, **kept}
    if grammar:
        name = f"calls itself {bounded(server)}" if server else "does not say what it is"
        raise UsageError(
            f"a server that {name} is not known to keep grammars",
            remedy="Let the model write without: constrained=False, or --no-constrain. Known: vLLM and llama-server.",
        )
    return {"prompt": text}


def ended(grammar: Grammar, end: list[int]) -> str:
    """The grammar's text with the tokens of the format's end of turn; llama.cpp guesses which those are."""
    return grammar.ended_by(end[0]) if len(end) == 1 else grammar.text


def utf8(text: str) -> str:
    """A text with a question mark for each half of a surrogate pair, which has no UTF-8."""
    return text.encode("utf-8", errors="replace").decode()


def composed(text: str) -> str:
    """A text with letters and accents composed (Unicode's NFC), as Qwen's tokenizer does and llama.cpp does not."""
    return unicodedata.normalize("NFC", text)
