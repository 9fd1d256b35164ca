"""What the checkpoint itself says, run by transformers: the side that an exported file is held against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.errors import ModelError
from lamforge.export.adapter import base_folder, is_adapter, read_adapter, stretched


@dataclass(frozen=True)
class Answer:
    """The checkpoint's greedy answer to one prompt."""

    prompt: list[int]  # tokens
    tokens: list[int]  # of the answer, the stop token that ends it included
    text: str
    logarithms: Any  # log-probabilities of every token at the answer's first places, as a numpy array


class Reference:
    """A checkpoint in 32-bit floats; a LoRA adapter is put on its base by PEFT."""

    def __init__(self, folder: Path, base: Path | None = None) -> None:
        import transformers
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        transformers.logging.disable_progress_bar()
        try:
            adapter = read_adapter(folder) if is_adapter(folder) else None
            under = base or base_folder(adapter) if adapter else folder
            has_tokenizer = (folder / "tokenizer.json").is_file()
            own: dict[str, Any] = {"trust_remote_code": False}  # without it transformers asks, and runs what is there
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder if has_tokenizer else under, **own)
            config = AutoConfig.from_pretrained(under, **own)
            for key, value in stretched(folder, config.to_dict()).items() if adapter else ():
                setattr(config, key, value)
            model: Any = AutoModelForCausalLM.from_pretrained(
                under, config=config, dtype="float32", use_safetensors=True, **own
            )
            if adapter is not None:
                from peft import PeftModel

                model = PeftModel.from_pretrained(model, folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"transformers does not load it: {error}", where=folder) from error
        self._model = model.eval()

    def linear_layers(self) -> list[tuple[str, Any]]:
        """Names and modules of all matrices; of one with an adapter, the matrix under it."""
        import torch

        return [(name, module) for name, module in self._model.named_modules() if type(module) is torch.nn.Linear]

    def read(self, text: str, tokens: int) -> None:
        """Computes the beginning of a text, for those who listen to its layers."""
        import torch

        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"][:tokens]
        with torch.inference_mode():
            self._model(input_ids=torch.tensor([ids]))

    def has_room(self, prompt: str, max_tokens: int) -> bool:
        """Whether the model's context holds the prompt and an answer."""
        length = len(self._tokenizer(prompt, add_special_tokens=False)["input_ids"])
        return bool(length + max_tokens < self._model.config.max_position_embeddings)

    def tokens(self, prompt: str) -> list[int]:
        """A text as the model reads it."""
        return list(self._tokenizer(prompt, add_special_tokens=False)["input_ids"])

    def along(self, answer: Answer) -> Any:
        """Log-probabilities of every token at the places of another model's answer, as a numpy array."""
        import torch

        count = len(answer.logarithms)
        tokens = answer.prompt + answer.tokens[: max(0, count - 1)]
        with torch.inference_mode():
            logits = self._model(input_ids=torch.tensor([tokens])).logits[0, len(tokens) - count :]
            return torch.log_softmax(logits.double(), dim=-1).numpy()

    def templated(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> str:
        """What the model's own chat template writes."""
        return str(self._tokenizer.apply_chat_template(messages, tools=tools, tokenize=False))

    def answer(self, prompt: str, max_tokens: int, places: int, stop: tuple[str, ...] = ()) -> Answer:
        """The greedy answer; one of `stop` ends it, whatever the model's configuration says."""
        import torch

        ids = self._tokenizer(prompt, add_special_tokens=False)["input_ids"]
        ends = {"eos_token_id": self._tokenizer.convert_tokens_to_ids(list(stop))} if stop else {}
        with torch.inference_mode():
            made = self._model.generate(
                input_ids=torch.tensor([ids]),
                attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                max_new_tokens=max_tokens,
                do_sample=False,
                use_cache=True,
                **ends,
            )[0].tolist()
            logits = self._model(input_ids=torch.tensor([made[: len(ids) + places]])).logits[0, len(ids) - 1 : -1]
            logarithms = torch.log_softmax(logits.float(), dim=-1).numpy()
        tokens = made[len(ids) :]
        text = self._tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        for end in stop:
            text = text.removesuffix(end)
        return Answer(ids, tokens, text, logarithms)
