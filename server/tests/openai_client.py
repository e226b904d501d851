"""Talks to a running worker with OpenAI's own client: `openai_client.py BASE TOKEN`."""

import json
import sys

import openai

base, token = sys.argv[1:3]
client = openai.OpenAI(base_url=base + "/v1", api_key=token, max_retries=0)
messages = [{"role": "user", "content": "写一首春天的诗"}]
asked = {"model": "verse", "messages": messages, "max_tokens": 40, "temperature": 0}

assert [model.id for model in client.models.list()] == ["verse"]
assert client.models.retrieve("verse").id == "verse"

whole = client.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
text = whole.choices[0].message.content
assert text and whole.choices[0].finish_reason in ("stop", "length")
assert "".join(one.token for one in whole.choices[0].logprobs.content) == text

streamed, usage = "", None
for chunk in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
    if chunk.choices and chunk.choices[0].delta.content:
        streamed += chunk.choices[0].delta.content
    usage = chunk.usage or usage
assert streamed == text, (streamed, text)
assert usage.completion_tokens == whole.usage.completion_tokens

extra = {"top_k": 5, "min_p": 0.05, "repetition_penalty": 1.1}
completion = client.completions.create(model="verse", prompt="春眠不觉晓，", max_tokens=8, extra_body=extra)
assert completion.choices[0].text


def refused(kind, code, **changes):
    try:
        client.chat.completions.create(**{**asked, **changes})
    except kind as error:
        assert error.code == code, error
    else:
        raise AssertionError(f"must be refused: {changes}")


several = client.chat.completions.create(**{**asked, "temperature": 1}, n=3, seed=1)
assert [choice.index for choice in several.choices] == [0, 1, 2]
assert several.usage.completion_tokens > whole.usage.completion_tokens

schema = {"type": "object", "properties": {"verse": {"type": "string", "maxLength": 8}}, "required": ["verse"]}
form = {"type": "json_schema", "json_schema": {"name": "verse", "schema": {**schema, "additionalProperties": False}}}
held = client.chat.completions.create(**{**asked, "max_tokens": 200}, response_format=form)
assert isinstance(json.loads(held.choices[0].message.content)["verse"], str), held

scored = client.completions.create(model="verse", prompt=["春眠不觉晓", "处处闻啼鸟"], max_tokens=0, echo=True, logprobs=1)
assert [choice.text for choice in scored.choices] == ["春眠不觉晓", "处处闻啼鸟"]
assert all(choice.logprobs.token_logprobs[0] is None for choice in scored.choices)
assert all(value < 0 for choice in scored.choices for value in choice.logprobs.token_logprobs[1:])

vectors = client.embeddings.create(model="verse", input=["春眠不觉晓", "处处闻啼鸟"]).data
assert len(vectors) == 2 and abs(sum(value * value for value in vectors[0].embedding) - 1) < 1e-3

refused(openai.BadRequestError, "unsupported_parameter", tools=[{"type": "function", "function": {"name": "f"}}])
refused(openai.BadRequestError, "invalid_value", temperature=9)
refused(openai.NotFoundError, "model_not_found", model="nobody")
client = openai.OpenAI(base_url=base + "/v1", api_key="a-wrong-token", max_retries=0)
refused(openai.AuthenticationError, "invalid_api_key")
print("openai", openai.__version__, "is content")
