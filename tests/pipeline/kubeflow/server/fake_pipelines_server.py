"""A Kubeflow Pipelines server of few words: what the client uses of API v2beta1, in memory.

Its answers are of the form that the real one's gateway gives: JSON without empty fields, errors
with ``error``, ``code`` and ``message``, and those of an upload with ``error_message``.
"""

import email
import email.policy
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

API = "/apis/v2beta1"


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: Any, kind: str = "application/json") -> None:
        self.status, self.body, self.kind = status, body, kind


@dataclass
class FakePipelinesServer:
    """What the server holds, and what it was asked.

    Attributes:
        url: Its address.
        token: That every request must bear; None for none.
        multi_user: Whether everything has a namespace.
        page: Most items on a page.
        refuse: By method and path, the answer that it gives instead.
        asked: Method and path of each request, in order.
        bodies: Of each POST of JSON: its path and its body.
        uploads: Of each upload: its query, file name and content.
        unknown: Requests for what it does not have.
    """

    url: str = ""
    token: str | None = None
    multi_user: bool = False
    page: int = 2
    refuse: dict[str, Refusal] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    uploads: list[tuple[dict[str, str], str, bytes]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    held: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            "pipelines": [],
            "pipeline_versions": [],
            "experiments": [{"experiment_id": "experiment-0", "display_name": "Default"}],
            "runs": [],
            "recurringRuns": [],
        }
    )
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def posted(self, name: str) -> list[dict[str, Any]]:
        """The bodies that were posted to a collection, such as ``runs``."""
        return [body for path, body in self.bodies if path == f"{API}/{name}"]

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes, form: str) -> Any:
        """Returns what JSON to send."""
        asked = f"{method} {path}"
        self.asked.append(asked)
        if asked in self.refuse:
            raise self.refuse[asked]
        steps = path.removeprefix(f"{API}/").split("/")
        if asked == f"GET {API}/healthz":
            return {"multi_user": True} if self.multi_user else {}
        if asked == f"POST {API}/pipelines/upload_version":
            return self._upload(query, body, form)
        match method, steps:
            case "GET", ["pipelines" | "experiments" as name]:
                return self._page(name, self._filtered(name, query), query)
            case "GET", ["pipelines", pipeline, "versions"]:
                versions = self.held["pipeline_versions"]
                its = [each for each in versions if each["pipeline_id"] == pipeline]
                return self._page("pipeline_versions", its, query)
            case "GET", ["recurringruns"]:
                runs = self.held["recurringRuns"]
                its = [each for each in runs if each["experiment_id"] == query["experiment_id"]]
                return self._page("recurringRuns", its, query)
            case "POST", ["pipelines" | "experiments" | "runs" | "recurringruns" as name]:
                return self._make(path, name, json.loads(body))
            case "DELETE", ["recurringruns", name]:
                runs = self.held["recurringRuns"]
                left = [each for each in runs if each["recurring_run_id"] != name]
                if len(left) == len(runs):
                    raise Refusal(404, {"error": "not found", "code": 5, "message": "not found"})
                self.held["recurringRuns"] = left
                return {}
        self.unknown.append(asked)
        raise Refusal(404, {"error": "Not Found", "code": 5, "message": "Not Found"})

    def _filtered(self, name: str, query: dict[str, str]) -> list[dict[str, Any]]:
        assert query.get("namespace") == ("studio" if self.multi_user else None)
        (predicate,) = json.loads(query["filter"])["predicates"]
        assert (predicate["operation"], predicate["key"]) == ("EQUALS", "display_name")
        wanted = predicate["stringValue"]
        return [each for each in self.held[name] if each["display_name"] == wanted]

    def _page(self, name: str, items: list[Any], query: dict[str, str]) -> dict[str, Any]:
        begin = int(query.get("page_token") or 0)
        end = begin + min(self.page, int(query["page_size"]))
        page: dict[str, Any] = {name: items[begin:end]} if items[begin:end] else {}
        return page | ({"next_page_token": str(end)} if end < len(items) else {})

    def _make(self, path: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append((path, body))
        key = {"recurringruns": "recurring_run_id"}.get(name, f"{name[:-1]}_id")
        made = body | {key: f"{key.removesuffix('_id')}-{next(self.numbers)}"}
        self.held[{"recurringruns": "recurringRuns"}.get(name, name)].append(made)
        return made

    def _upload(self, query: dict[str, str], body: bytes, form: str) -> dict[str, Any]:
        message = email.message_from_bytes(
            f"Content-Type: {form}\r\n\r\n".encode() + body, policy=email.policy.default
        )
        (part,) = message.iter_parts()
        assert part.get_param("name", header="content-disposition") == "uploadfile"
        self.uploads.append((query, part.get_filename(), part.get_payload(decode=True)))
        versions = self.held["pipeline_versions"]
        if any(each["display_name"] == query["name"] for each in versions):
            raise Refusal(409, {"error_message": "Failed to create a pipeline version"})
        made = {
            "pipeline_id": query["pipelineid"],
            "pipeline_version_id": f"version-{next(self.numbers)}",
            "display_name": query["name"],
        }
        versions.append(made)
        return made


class _Handler(BaseHTTPRequestHandler):
    fake: FakePipelinesServer

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = self.headers.get("Content-Type", "")
        status, kind = 200, "application/json"
        try:
            if self.fake.token and self.headers["Authorization"] != f"Bearer {self.fake.token}":
                raise Refusal(401, "Unauthorized", "text/plain")
            answer = self.fake.answer(self.command, parts.path, query, body, form)
        except Refusal as refusal:
            answer, status, kind = refusal.body, refusal.status, refusal.kind
        if kind == "application/json":
            content = json.dumps(answer).encode()
        else:
            content = answer if isinstance(answer, bytes) else answer.encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/login")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _handle  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Prints nothing."""


@contextmanager
def running(fake: FakePipelinesServer) -> Iterator[FakePipelinesServer]:
    """Serves on a free port of this machine, and stops."""
    handler = type("Handler", (_Handler,), {"fake": fake})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
