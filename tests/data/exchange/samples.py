"""A small conversation in every form that is imported, made up for these tests, and what all of them say."""

from __future__ import annotations

import json
from typing import Any

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Where."}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOL = {"name": "get_weather", "description": "The weather.", "parameters": PARAMETERS}
WRAPPED = {"type": "function", "function": TOOL}
ARGUMENTS = {"city": "Oslo", "days": 2}
CALL = {"name": "get_weather", "arguments": ARGUMENTS}
RESULT = '{"sky": "grey"}'
QUESTION, ANSWER = "What is the weather in Oslo for two days?", "Grey, both days."

OPENAI = {
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "x7", "type": "function", "function": {**CALL, "arguments": json.dumps(ARGUMENTS)}},
            ],
        },
        {"role": "tool", "tool_call_id": "x7", "content": RESULT},
        {"role": "assistant", "content": ANSWER},
    ],
    "tools": [WRAPPED],
}
OLD_OPENAI = {
    "messages": [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": None, "function_call": {**CALL, "arguments": json.dumps(ARGUMENTS)}},
        {"role": "function", "name": "get_weather", "content": RESULT},
        {"role": "assistant", "content": ANSWER},
    ],
    "functions": [TOOL],
}
TRL = {
    "messages": [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "tool_calls": [{"type": "function", "function": CALL}]},
        {"role": "tool", "name": "get_weather", "content": RESULT},
        {"role": "assistant", "content": ANSWER},
    ],
    "tools": json.dumps([WRAPPED]),
}
SHAREGPT = {
    "conversations": [
        {"from": "human", "value": QUESTION},
        {"from": "function_call", "value": json.dumps(CALL)},
        {"from": "observation", "value": RESULT},
        {"from": "gpt", "value": ANSWER},
    ],
    "tools": json.dumps([TOOL]),
}
ACTIONSTUDIO = {
    "unique_trajectory_id": "weather_1",
    "task_instruction": "",
    "tools": [WRAPPED],
    "conversation": [
        {"role": "user", "content": QUESTION},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"type": "function", "function": CALL, "id": "111111111"}],
        },
        {"role": "tool", "name": "get_weather", "content": {"sky": "grey"}, "tool_call_id": "999999999"},
        {"role": "assistant", "content": ANSWER},
    ],
}
HERMES = {
    "id": "w",
    "conversations": [
        {"from": "system", "value": f"Call functions. <tools>[{json.dumps(WRAPPED)}]</tools> In <tool_call> tags."},
        {"from": "human", "value": QUESTION},
        {"from": "gpt", "value": f"<tool_call>\n{CALL!r}\n</tool_call>\n"},
        {
            "from": "tool",
            "value": '<tool_response>\n{"name": "get_weather", "content": {"sky": "grey"}}\n</tool_response>',
        },
        {"from": "gpt", "value": ANSWER},
    ],
}
TOOLACE_TOOL = {
    "name": "get_weather",
    "description": "The weather.",
    "parameters": {**PARAMETERS, "type": "dict", "properties": {**PARAMETERS["properties"], "days": {"type": "int"}}},
    "required": None,
}
TOOLACE = {
    "system": "You are an expert in composing functions. Here is a list of functions in JSON format that you can "
    f"invoke:\n{json.dumps([TOOLACE_TOOL])}. \nShould you decide to return the function call(s). "
    "NO other text MUST be included. \n",
    "conversations": [
        {"from": "user", "value": QUESTION},
        {"from": "assistant", "value": '[get_weather(city="Oslo", days=2)]'},
        {"from": "tool", "value": '[{"name": "get_weather", "results": {"sky": "grey"}}]'},
        {"from": "assistant", "value": ANSWER},
    ],
}
XLAM = {
    "id": 7,
    "query": QUESTION,
    "answers": json.dumps([CALL]),
    "tools": json.dumps(
        [
            {
                "name": "get_weather",
                "description": "The weather.",
                "parameters": {
                    "city": {"type": "str", "description": "Where."},
                    "days": {"type": "int, optional"},
                },
            }
        ]
    ),
}
TAU = {
    "task_id": 3,
    "reward": 1.0,
    "info": {"task": {"user_id": "mia_1"}},
    "traj": [{"role": "system", "content": "Be kind."}, *OPENAI["messages"]],
    "trial": 1,
}
TAU2: dict[str, Any] = {
    "timestamp": "t",
    "info": {
        "agent_info": {"llm": "a"},
        "user_info": {"llm": "u"},
        "environment_info": {
            "domain_name": "weather",
            "policy": "Be kind.",
            "tool_defs": {"get_weather": {"name": "get_weather", "doc": "The weather.", "params": PARAMETERS}},
        },
    },
    "tasks": [{"id": "1"}],
    "simulations": [
        {
            "id": "s",
            "task_id": "1",
            "trial": 2,
            "termination_reason": "user_stop",
            "reward_info": {"reward": 0.0},
            "messages": [
                {"role": "user", "content": QUESTION},
                {"role": "user", "content": None, "tool_calls": [{"id": "u", "name": "look", "arguments": {}}]},
                {"role": "tool", "id": "u", "content": "rain", "requestor": "user"},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "c", **CALL, "requestor": "assistant"}]},
                {"role": "tool", "id": "c", "content": RESULT, "requestor": "assistant"},
                {"role": "assistant", "content": ANSWER},
            ],
        },
        {"id": "empty", "task_id": "2", "messages": []},
    ],
}
SGD_SCHEMA = [
    {
        "service_name": "Weather_1",
        "description": "Weather",
        "slots": [
            {"name": "city", "description": "Where.", "is_categorical": False, "possible_values": []},
            {"name": "days", "description": "How long.", "is_categorical": True, "possible_values": ["1", "2"]},
        ],
        "intents": [
            {
                "name": "GetWeather",
                "description": "Get the weather",
                "required_slots": ["city"],
                "optional_slots": {"days": "1"},
            }
        ],
    }
]
SGD = [
    {
        "dialogue_id": "1_00000",
        "services": ["Weather_1"],
        "turns": [
            {"speaker": "USER", "utterance": QUESTION, "frames": []},
            {
                "speaker": "SYSTEM",
                "utterance": ANSWER,
                "frames": [
                    {
                        "service": "Weather_1",
                        "service_call": {"method": "GetWeather", "parameters": {"city": "Oslo", "days": "2"}},
                        "service_results": [{"sky": "grey"}],
                    }
                ],
            },
        ],
    }
]
ROWS = {  # form -> one record of it
    "openai": OPENAI,
    "trl": TRL,
    "sharegpt": SHAREGPT,
    "actionstudio": ACTIONSTUDIO,
    "hermes": HERMES,
    "toolace": TOOLACE,
    "xlam-60k": XLAM,
    "tau": TAU,
}
