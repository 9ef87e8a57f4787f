"""A small OpenAI-compatible server with faults, in a thread of the test."""

import json
import re
import socket
import struct
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODEL = "toy"
KEY = "secret-key-0815"


def tokens(text):
    return re.findall(r"\s*\S+", text)


def log_probability(token):
    return -float(len(token))


class Toy(ThreadingHTTPServer):
    """Says the last words of what it is asked and the seed; faults are used up one a request, ``always`` never is."""

    daemon_threads = True

    def __init__(self, address=("127.0.0.1", 0), answers=None):
        super().__init__(address, Handler)
        self.answers = answers or ANSWERS
        self.faults, self.always, self.bodies, self.headers = [], None, [], []
        self.echoes, self.told, self.counts = True, True, True
        self.lock, self.busy, self.busiest = threading.Lock(), 0, 0
        self.pause = 0.0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request, client_address):
        """Clients that gave up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server = self.server
        with server.lock:
            server.bodies.append(body)
            server.headers.append(dict(self.headers))
            server.busy += 1
            server.busiest = max(server.busy, server.busiest)
            fault = server.faults.pop(0) if server.faults else server.always
        time.sleep(server.pause)
        try:
            if fault is not None:
                fault(self)
            elif body["model"] != MODEL:
                self.send(404, {"error": {"message": f"no {body['model']}; you asked {body}", "code": "model_not_found"}})
            else:
                self.send(200, server.answers[self.path](server, body))
        finally:
            with server.lock:
                server.busy -= 1

    def send(self, status, content, **headers):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def usage(server, prompt, completion):
    return {"usage": {"prompt_tokens": prompt, "completion_tokens": completion}} if server.counts else {}


def chat(server, body):
    turns = [turn["content"] for turn in body["messages"]]
    known = [token for turn in turns for token in ("<turn>", *tokens(turn))] + ["<turn>"] * body.get(
        "add_generation_prompt", True
    )
    text = f"{turns[-1].split()[-1]} {body.get('seed')}"
    message = {"role": "assistant", "content": text}
    logprobs = {"content": [{"token": token, "logprob": log_probability(token)} for token in tokens(text)]}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs if body.get("logprobs") else None}
    told = {"prompt_logprobs": tell(known)} if server.told and "prompt_logprobs" in body else {}
    return {"choices": [choice], **told, **usage(server, len(known), len(tokens(text)))}


def tell(known):
    return [None, *({"7": {"logprob": log_probability(token), "rank": 1 + (len(token) > 5)}} for token in known[1:])]


def text(server, body):
    known = tokens(body["prompt"])
    made = [f" {known[-1].strip()}", f" {body.get('seed')}"][: body["max_tokens"]]
    choice = {"index": 0, "text": "".join(made), "finish_reason": "length" if body["max_tokens"] == 1 else "stop"}
    if body.get("logprobs"):
        shown = known + made if body.get("echo") and server.echoes else made
        values = [log_probability(token) for token in shown]
        if body.get("echo") and server.echoes:
            values[0] = None
        tops = [None if value is None else {"x": max(value, -6.0)} for value in values]
        choice["logprobs"] = {"tokens": shown, "token_logprobs": values, "top_logprobs": tops}
    if "prompt_logprobs" in body and server.told:
        choice["prompt_logprobs"] = tell(known)
    return {"choices": [choice], **usage(server, len(known), len(made))}


def embeddings(server, body):
    rows = [{"index": index, "embedding": [len(text), 1.0]} for index, text in enumerate(body["input"])]
    return {"data": rows[::-1]}


ANSWERS = {"/v1/chat/completions": chat, "/v1/completions": text, "/v1/embeddings": embeddings}


@contextmanager
def running(address=("127.0.0.1", 0), answers=None):
    server = Toy(address, answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def busy(handler):
    handler.send(429, {"error": {"code": "rate_limit_exceeded"}}, Retry_After="0.2")


def broken(handler):
    handler.send(500, b"oops")


def loading(handler):
    handler.send(503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})


def hangs(handler):
    time.sleep(0.6)
    handler.close_connection = True


def truncated(handler):
    handler.send(200, b'{"choices": [{"text": "half')


def html(handler):
    handler.send(200, b"<html>Bad gateway</html>")


def no_choices(handler):
    handler.send(200, {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})


def saying(choice, usage=None):
    """An answer with that choice."""
    content = {"choices": [choice], "usage": usage or {"prompt_tokens": 1, "completion_tokens": 1}}
    return lambda handler: handler.send(200, content)


NONSENSE = {
    "no message": saying({"message": None}),
    "a message of text": saying({"message": "hello"}),
    "usage of text": saying({"text": "x"}, "3"),
    "usage of a list": saying({"text": "x"}, [3]),
    "usage without end": saying({"text": "x"}, {"prompt_tokens": float("inf")}),
    "details of text": saying({"text": "x"}, {"prompt_tokens": 3, "prompt_tokens_details": "none"}),
    "logprobs of text": saying({"text": "x", "logprobs": "none"}),
    "a choice of text": saying("x"),
}


def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def cut(handler):
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True


def unsupported(handler):
    error = {"message": "Use another.", "type": "invalid_request_error", "param": "max_tokens", "code": "unsupported_parameter"}
    handler.send(400, {"error": error})


def too_long(handler):
    handler.send(400, {"error": {"message": "Too long: Mr Smith has gout.", "code": "context_length_exceeded"}})


def filtered(handler):
    handler.send(400, {"error": {"message": "Filtered.", "code": "content_filter"}})


def no_echo(handler):
    handler.send(400, {"error": {"message": "Only no echo is supported", "type": "invalid_request_error", "code": 400}})
