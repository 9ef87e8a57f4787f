import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.language.tool_calls import parse_call, tool_conversation

CALL = '{"tool": "read", "arguments": {"resource_type": "Patient", "id": "7"}}'


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"I look it up.\n```json\n{CALL}\n```",
        f"<think>First {{so}}: {CALL}</think>{CALL}",
        f'The answer was {{"total": 1}}, so {CALL}.',
        f"{{not json}} {CALL} [1, 2]",
    ],
)
def test_one_call_is_found_whatever_stands_around_it(text):
    call = parse_call(text)
    assert (call.name, call.arguments) == ("read", {"resource_type": "Patient", "id": "7"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no call"),
        ("I cannot help with that.", "no call"),
        ('{"answer": 7}', "no call"),
        (f"<think>{CALL}", "no call"),
        (CALL[:-2], "no call"),
        (CALL + CALL, "2 calls"),
        ('{"tool": 7, "arguments": {}}', "nothing else"),
        ('{"tool": "read", "arguments": "7"}', "nothing else"),
        ('{"tool": "read", "id": "7"}', "nothing else"),
        ("{" * 100_000, "no call"),
        ('{"a":' * 100_000, "no call"),
    ],
)
def test_what_is_no_single_call_is_told_in_a_sentence(text, message):
    with pytest.raises(UserError, match=message):
        parse_call(text)


def test_arguments_may_be_left_out():
    assert parse_call('{"tool": "finish"}').arguments == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@given(name=st.text(), arguments=st.dictionaries(st.text(), JSON), around=st.text(st.characters(exclude_characters="{}<")))
@settings(max_examples=30)
def test_a_call_that_was_written_is_read_back(name, arguments, around):
    call = parse_call(f"{around}{json.dumps({'tool': name, 'arguments': arguments})}{around}".replace("<", "\\u003c"))
    assert (call.name, call.arguments) == (name, arguments)


def test_the_conversation_has_the_task_the_calls_and_their_answers_in_order():
    turns = tool_conversation("- read: ...", 5, ["Do it.", "404", "200"], ["one", "two"])
    assert [one.text for one in turns[1:]] == ["Do it.", "one", "404", "two", "200"]
    assert "- read: ..." in turns[0].text and "At most" not in turns[0].text and "5 calls" in turns[0].text
