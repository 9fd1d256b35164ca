"""Characters per token of a model's tokenizer, on each part of a conversation: tools, dialogue, arguments, results.

python benchmarks/nano_tokenizer.py MODEL_FOLDER TRAJECTORIES.jsonl
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from itertools import islice
from pathlib import Path

from transformers import AutoTokenizer

from lamforge.data import read_trajectories
from lamforge.formats import get_format

MOST = 2000  # conversations


def main(model: Path, data: Path) -> None:
    """Prints a table."""
    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    fmt = get_format("xlam-qwen/always")
    texts: dict[str, list[str]] = defaultdict(list)
    for each in islice(read_trajectories(data), MOST):
        whole = fmt.render(each.messages, fmt.offered(each.tools))
        texts["whole conversations"].append(whole)
        texts["tools"] += [json.dumps(tool, indent=4, ensure_ascii=False) for tool in fmt.offered(each.tools)]
        for message in each.messages:
            part = {"user": "users", "assistant": "answers in words", "tool": "results"}.get(message.role)
            if part and message.content:
                texts[part].append(message.content)
            for call in message.tool_calls or ():
                texts["arguments"].append(json.dumps(call.function.arguments, ensure_ascii=False))
    for part, found in texts.items():
        tokens = sum(len(ids) for ids in tokenizer(found, add_special_tokens=False)["input_ids"])
        print(f"{part:22} {sum(map(len, found)) / tokens:5.2f} characters a token")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
