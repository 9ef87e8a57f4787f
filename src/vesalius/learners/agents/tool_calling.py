"""A language model that does tasks by calling tools, whatever backend it runs on."""

import json
from collections.abc import Callable, Sequence
from functools import cached_property

from vesalius.errors import UserError
from vesalius.language.backend import Backend, Prompt, Reply, Sampling
from vesalius.language.scripted import Scripted
from vesalius.language.tool_calls import parse_call, tool_conversation, tool_templates
from vesalius.learners.agents.episodes import Episode, Move
from vesalius.worlds.environment import Agent, Observation
from vesalius.worlds.tools import Action, Tool, action

GREEDY = Sampling(max_tokens=1024)


class ToolCalling:
    """Chooses moves by asking a model, in a protocol of plain text: one JSON object a turn.

    The model is told the task and the tools, and then what each call gave back, never the goal. A turn that can't be read costs a
    step; the model is told what is wrong with it, and goes on.

    Args:
        backend: makes the model; it is called when first needed.
        steps: that a task may have, which the model is told.
        sampling: of its turns.
    """

    def __init__(self, backend: Callable[[], Backend], *, steps: int, sampling: Sampling = GREEDY) -> None:
        self._make, self._steps, self._sampling = backend, steps, sampling

    @cached_property
    def backend(self) -> Backend:
        """The model that is asked."""
        return self._make()

    @property
    def identity(self) -> str:
        """The model, and the prompt that tells it how."""
        return f"{self.backend.identity}, {tool_templates()['system'].label}"

    def choose(self, episodes: Sequence[Episode]) -> list[Move]:
        """The next move in each episode."""
        replies = self.backend.generate([self._prompt(episode) for episode in episodes], self._sampling)
        return [_move(reply) for reply in replies]

    def _prompt(self, episode: Episode) -> Prompt:
        shown = [one.text for one in episode.seen]
        tools = described(episode.seen[0].tools)
        return tool_conversation(tools, self._steps, shown, [move.said for move in episode.moves])


def described(tools: Sequence[Tool]) -> str:
    """Tools, a line each, as a model reads them."""
    return "\n".join(f"- {tool.name}: {tool.description} {json.dumps(tool.schema)}" for tool in tools)


def _move(reply: Reply) -> Move:
    completion = reply.completions[0]
    # a turn that was cut within a character could not be sent back
    said = completion.text.encode(errors="replace").decode()
    if completion.finish == "failed":
        return Move(UserError(f"model: {said}"), said, reply.usage, failed=True)
    return Move(_read(said), said, reply.usage)


def _read(text: str) -> Action | UserError:
    try:
        call = parse_call(text)
        return action(call.name, call.arguments)
    except UserError as error:
        return error


def spoken(agent: Agent, identity: str) -> Backend:
    """A stand-in for a model: an agent of rules that says its actions in the protocol, and reads its prompt for what was seen."""

    def answer(prompt: Prompt, sampling: Sampling, sample: int) -> str:
        assert not isinstance(prompt, str)
        chosen = agent([Observation(one.text) for one in prompt if one.role == "user"])
        return str(chosen) if isinstance(chosen, UserError) else written(chosen)

    return Scripted(answer, identity=identity)


def written(chosen: Action) -> str:
    """An action as the protocol has it.

    >>> written(action("read", {"resource_type": "Patient", "id": "7"}))
    '{"tool": "read", "arguments": {"resource_type": "Patient", "id": "7"}}'
    """
    return json.dumps({"tool": chosen.tool, "arguments": chosen.model_dump(exclude={"tool"}, exclude_none=True)})
