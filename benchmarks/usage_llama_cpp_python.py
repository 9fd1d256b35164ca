"""The usage example that xLAM-2's model cards print for llama-cpp-python, on a GGUF that lamforge exported.

    pip install llama-cpp-python      # builds from source: about four minutes on two cores
    python benchmarks/usage_llama_cpp_python.py runs/quickstart/*Q8_0.gguf

Prints the message, and ends with 1 if it holds no call of the tool with its two arguments.
"""

from __future__ import annotations

import json
import sys

TOOL = {
    "type": "function",
    "function": {
        "name": "UserDetail",
        "parameters": {
            "type": "object",
            "title": "UserDetail",
            "properties": {
                "name": {"title": "Name", "type": "string"},
                "age": {"title": "Age", "type": "integer"},
            },
            "required": ["name", "age"],
        },
    },
}
MESSAGES = [
    {
        "role": "system",
        "content": "You are a helpful assistant that can use tools. You are developed by Salesforce xLAM team.",
    },
    {"role": "user", "content": "Extract Jason is 25 years old"},
]

if __name__ == "__main__":
    from llama_cpp import Llama

    llm = Llama(model_path=sys.argv[1])
    output = llm.create_chat_completion(
        messages=MESSAGES, tools=[TOOL], tool_choice={"type": "function", "function": {"name": "UserDetail"}}
    )
    message = output["choices"][0]["message"]
    print(message)
    (call,) = message["tool_calls"]
    right = call["function"]["name"] == "UserDetail"
    sys.exit(not (right and set(json.loads(call["function"]["arguments"])) == {"name", "age"}))
