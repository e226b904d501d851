"""Talks to a running worker with OpenAI's own client: `openai_client.py BASE TOKEN`."""

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
assert text and whole.choices[0].finish_reason == "stop"
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


refused(openai.BadRequestError, "unsupported_parameter", n=2)
refused(openai.BadRequestError, "invalid_value", temperature=9)
refused(openai.NotFoundError, "model_not_found", model="nobody")
client = openai.OpenAI(base_url=base + "/v1", api_key="a-wrong-token", max_retries=0)
refused(openai.AuthenticationError, "invalid_api_key")
print("openai", openai.__version__, "is content")
