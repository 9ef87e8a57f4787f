import pytest

from vesalius.errors import UserError
from vesalius.language.backend import Message
from vesalius.language.prompts import Template, conversation, few_shot, read_templates, templates

LABELS = {
    "letter": "letter@1:4c5420822dcf",
    "text": "text@1:4ec52b8bd552",
    "generation": "generation@1:4bd27571fde5",
    "chain of thought": "chain of thought@1:724a425d4cf9",
}


def test_values_are_put_in_as_they_are():
    assert Template("t", 1, "{{{a}}} {b}").fill(a="{b}", b="\\1 %s") == "{{b}} \\1 %s"


@pytest.mark.parametrize(
    "text", ["{question.__class__}", "{0}", "{question!r}", "{question:>10}", "{", "a } b", "{}", "{ question }"]
)
def test_a_field_is_a_name_and_nothing_else(text):
    with pytest.raises(UserError, match="lone brace"):
        Template("t", 1, text)


@pytest.mark.parametrize("values", [{}, {"a": "x", "b": "y"}, {"b": "y"}])
def test_missing_and_unknown_fields_are_named(values):
    with pytest.raises(UserError, match="prompt 't': fields a; missing or unknown"):
        Template("t", 1, "{a}").fill(**values)


def test_the_label_changes_with_the_text_alone():
    first = Template("t", 1, "{a}").label
    assert first == Template("t", 1, "{a}").label != Template("t", 1, "{a} ").label


def test_own_templates_are_those_that_findings_were_made_with():
    # whoever changes a text raises its version and these labels
    assert {name: template.label for name, template in templates().items()} == LABELS


def test_a_damaged_file_is_named():
    with pytest.raises(UserError, match=r"my\.toml"):
        read_templates("[a", "my.toml")
    with pytest.raises(UserError, match=r"my\.toml, table 'a'"):
        read_templates('[a]\ntext = "x"', "my.toml")


def test_examples_stand_before_the_question_as_text_and_as_turns():
    shots = [("Q1", "A1"), ("Q2", "A2")]
    assert few_shot(shots, "Q3") == "Q1 A1\n\nQ2 A2\n\nQ3"
    turns = conversation(shots, "Q3", system="Be brief.")
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert turns[-1] == Message("user", "Q3")
