"""Whether a base model fits the format and the recipe; what does not fit is refused before anything is trained."""

from __future__ import annotations

from typing import Any

from lamforge.errors import TrainingError
from lamforge.formats import Format
from lamforge.formats.comparison import compare
from lamforge.train.model_recipe import ModelRecipe


def check_shape(shape: ModelRecipe, config: Any) -> None:
    """Refuses a base of another shape than the recipe says.

    Raises:
        TrainingError: naming what differs.
    """
    if not hasattr(config, "num_hidden_layers") or getattr(config, "is_encoder_decoder", False):
        raise TrainingError(f"is no causal language model: {config.model_type}", where=shape.base)
    wrong = [
        f"{name} is {getattr(config, name, None)!r}, the recipe says {said!r}"
        for name, said in shape.stated_shape.items()
        if getattr(config, name, None) != said
    ]
    if wrong:
        raise TrainingError(
            f"has another shape than the recipe: {'; '.join(wrong)}",
            where=shape.base,
            remedy=f"Write `model={shape.base}` to take the model as it is.",
        )


def check_tokenizer(tokenizer: Any, fmt: Format, shape: ModelRecipe) -> None:
    """Refuses a tokenizer of another family, and a chat template of other bytes unless the recipe replaces it.

    Raises:
        TrainingError: saying what does not fit.
    """
    unknown = [token for token in fmt.special_tokens if len(tokenizer.encode(token, add_special_tokens=False)) != 1]
    if unknown:
        raise TrainingError(
            f"its tokenizer does not know {', '.join(unknown)} as single tokens",
            where=shape.base,
            remedy=f"Choose a base model of the family of {fmt.id}, or another format.",
        )
    template = tokenizer.chat_template
    if shape.replace_template or not template or template == fmt.chat_template:
        return
    templates = template if isinstance(template, dict) else {"default": template}
    tokens = {name: token for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    compared = compare(templates, tokens)
    ours = next(each for each in compared.formats if each.format == fmt.id)
    if ours.same:
        return
    same = [each.format for each in compared.formats if each.same]
    place = f", first in {ours.first.conversation!r}" if ours.first else ""
    advice = f"Train with format={same[0]}, its own, or" if same else "To teach it another format,"
    raise TrainingError(
        f"its chat template writes other bytes than {fmt.id} "
        f"({ours.equal} of {ours.conversations} conversations are equal{place})",
        where=shape.base,
        remedy=f"{advice} say so with model.replace_template=true.",
    )
