"""A local language model beside lm-eval's likelihoods and transformers' generation: one process, one model, the same questions.

    python benchmarks/language.py [--model FOLDER_OR_GGUF] [--questions 8] [--samples 16]

Five-shot multiple choice by log-likelihood, of letters (which lm-eval reads off one pass a question) and of the options' texts;
then several samples of a chain of thought a question after five worked ones, against ``generate`` with as many return sequences.
Both sides have the same threads and weights. The largest difference between the two sides' log-likelihoods is printed.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from vesalius.language.backend import Sampling
from vesalius.language.choices import Protocol, prompt_of
from vesalius.language.local import Local
from vesalius.language.questions import Question, question_of
from vesalius.sources.public.medqa import MEDQA_4

SHOTS, TOKENS, BATCH = 5, 64, 8
WORKED = "Let us go through the findings one by one, and see which of the options explains all of them."


def by_lm_eval(
    network: torch.nn.Module, tokenizer: object, prompts: Sequence[str], options: Sequence[Sequence[str]]
) -> list[float]:
    """Log-likelihoods, option by option."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model = HFLM(pretrained=network, tokenizer=tokenizer, batch_size=BATCH, device="cpu")
    pairs = [(prompt, option) for prompt, own in zip(prompts, options, strict=True) for option in own]
    requests = [Instance("loglikelihood", {}, pair, place) for place, pair in enumerate(pairs)]
    return [log_probability for log_probability, _ in model.loglikelihood(requests, disable_tqdm=True)]


def by_vesalius(backend: Local, prompts: Sequence[str], options: Sequence[Sequence[str]]) -> list[float]:
    """Log-likelihoods, option by option."""
    return [one.log_probability for scored in backend.score(prompts, options) for one in scored.likelihoods]


def timed(run: Callable[[], list[float]]) -> tuple[float, list[float]]:
    """Seconds, and what came."""
    started = time.perf_counter()
    found = run()
    return time.perf_counter() - started, found


def prompts_of(questions: Sequence[Question], protocol: Protocol) -> list[str]:
    """Those behind the first few, which are the examples of all."""
    shots = questions[:SHOTS]
    return [str(prompt_of(question, protocol, shots, chat=False)) for question in questions[SHOTS:]]


def compare_choices(
    backend: Local, network: torch.nn.Module, tokenizer: object, questions: Sequence[Question], name: str
) -> None:
    """Documents a second of both sides; the options are shown, whatever is scored."""
    prompts, asked = prompts_of(questions, "letter"), questions[SHOTS:]
    options = [[f" {option}" for option in (one.letters if name == "letters" else one.options)] for one in asked]
    theirs, expected = timed(lambda: by_lm_eval(network, tokenizer, prompts, options))
    ours, found = timed(lambda: by_vesalius(backend, prompts, options))
    apart = max(abs(one - other) for one, other in zip(expected, found, strict=True))
    count = len(prompts)
    speeds = f"lm-eval {count / theirs:6.2f} documents/s, ours {count / ours:6.2f}"
    print(f"{name:8} {speeds}: {theirs / ours:5.1f}x (apart {apart:.1e})")


def compare_samples(
    backend: Local, network: torch.nn.Module, tokenizer: object, questions: Sequence[Question], samples: int
) -> None:
    """Tokens a second of both sides, with the same most tokens."""
    prompts = prompts_of([replace(one, explanation=WORKED) for one in questions[: SHOTS + 2]], "chain of thought")
    started = time.perf_counter()
    made = 0
    for prompt in prompts:
        known = tokenizer(prompt, return_tensors="pt")  # type: ignore[operator]
        settings = {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "num_return_sequences": samples}
        with torch.inference_mode():
            out = network.generate(**known, **settings, max_new_tokens=TOKENS)  # type: ignore[operator]
        made += int((out[:, known["input_ids"].shape[1] :] != tokenizer.eos_token_id).sum())  # type: ignore[attr-defined]
    theirs = made / (time.perf_counter() - started)
    started = time.perf_counter()
    replies = backend.generate(prompts, Sampling(max_tokens=TOKENS, temperature=1.0, samples=samples))
    ours = sum(reply.usage.completion for reply in replies) / (time.perf_counter() - started)
    print(f"samples  generate {theirs:6.1f} tokens/s, ours {ours:6.1f}: {ours / theirs:5.1f}x ({samples} samples a question)")


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--samples", type=int, default=16)
    arguments = parser.parse_args()
    model: Path = arguments.model
    folder, options = (model.parent, {"gguf_file": model.name}) if model.is_file() else (model, {})
    tokenizer = AutoTokenizer.from_pretrained(folder, **options)
    network = AutoModelForCausalLM.from_pretrained(folder, **options).eval()
    backend = Local(model)
    questions = [question_of(record) for record in MEDQA_4.records()[: SHOTS + arguments.questions]]
    for name in ("letters", "texts"):
        compare_choices(backend, network, tokenizer, questions, name)
    compare_samples(backend, network, tokenizer, questions, arguments.samples)


if __name__ == "__main__":
    main()
