"""Answers of an OpenAI-compatible server by a real model, one request at a time, by plain transformers."""

import threading

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def answers_of(path):
    served = _Served(path)
    return {"/v1/completions": served.text, "/v1/chat/completions": served.chat}


class _Served:
    def __init__(self, path):
        folder, options = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
        self._network = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype="float32", **options).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **options)
        self._lock = threading.Lock()

    def text(self, server, body):
        known = self._tokenizer(body["prompt"])["input_ids"]
        made = self._made(known, body["max_tokens"])
        whole = self._tokenizer.decode([*known, *made])
        choice = {"index": 0, "text": whole[len(self._tokenizer.decode(known)) :], "finish_reason": "stop"}
        if body.get("echo"):
            values, likeliest = self._known([*known, *made])
            choice["logprobs"] = {
                "tokens": [str(token) for token in (*known, *made)],
                "token_logprobs": [None, *values],
                "top_logprobs": [None, *({"x": value} for value in likeliest)],
            }
        return {"choices": [choice], "usage": {"prompt_tokens": len(known), "completion_tokens": len(made)}}

    def chat(self, server, body):
        turns = {
            name: body.get(name, name == "add_generation_prompt") for name in ("add_generation_prompt", "continue_final_message")
        }
        known = self._tokenizer.apply_chat_template(body["messages"], return_dict=True, **turns)["input_ids"]
        made = self._made(known, body["max_tokens"])
        message = {"role": "assistant", "content": self._tokenizer.decode(made, skip_special_tokens=True)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"choices": [choice], "usage": {"prompt_tokens": len(known), "completion_tokens": len(made)}}

    @torch.no_grad()
    def _made(self, known, count):
        with self._lock:
            settings = {"do_sample": False, "pad_token_id": self._tokenizer.pad_token_id}
            found = self._network.generate(torch.tensor([known]), max_new_tokens=count, **settings)[0, len(known) :].tolist()
        end = self._tokenizer.eos_token_id
        return found[: found.index(end)] if end in found else found

    @torch.no_grad()
    def _known(self, known):
        with self._lock:
            said = torch.log_softmax(self._network(torch.tensor([known])).logits[0, :-1].float(), dim=-1)
        values = said[torch.arange(len(known) - 1), torch.tensor(known[1:])]
        return values.tolist(), said.max(dim=-1).values.tolist()
