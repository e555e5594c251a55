"""A connection to a Kubeflow Pipelines server that says in one line why it does not work.

Its API is that of https://www.kubeflow.org/docs/components/pipelines/reference/api/. ``kfp.Client``
tries a server that does not answer for minutes, knows no timeout, prints, asks for a login and
writes to the home directory; ``kfp_server_api`` beneath it names its methods otherwise in other
versions; and neither is in every installation.
"""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pipeline.kubeflow.server.refused import KubeflowRefused

# To be connected, and to be answered at all.
CONNECT_SECONDS = 5.0
FIRST_ANSWER_SECONDS = 10.0
# An upload is parsed and stored before it is answered.
ANSWER_SECONDS = 60.0

_API = "/apis/v2beta1/"
_HEALTH = "healthz"
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class KubeflowAddress:
    """Where a server is, and as whom to ask.

    Attributes:
        host: ``https://...``, or ``http://...``; a path such as ``/pipeline`` may follow. Without
            a scheme, https.
        token: Sent as the bearer token; None for none. Never shown.
        namespace: Of a server with several users; None for one without.
        ca_file: Certificates (PEM) that vouch for the server; None for those that Mozilla trusts.
    """

    host: str
    token: str | None = field(default=None, repr=False)
    namespace: str | None = None
    ca_file: Path | None = None

    @property
    def url(self) -> str:
        """The host with its scheme, without a slash at its end."""
        return (self.host if "://" in self.host else f"https://{self.host}").rstrip("/")


class PipelinesServer:
    """A server that was seen to answer as Kubeflow Pipelines v2 does.

    Attributes:
        address: Where it is.
    """

    def __init__(self, address: KubeflowAddress) -> None:
        """Asks the server what it is.

        Args:
            address: Where it is.

        Raises:
            KubeflowRefused: If there is no such server, it wants a login, or it has several users
                and no namespace is given, or the other way round.
        """
        self.address = address
        self._trusted = _trusted(address)
        self._url = address.url
        several_users = self._health()
        if several_users and not address.namespace:
            raise KubeflowRefused(
                f"{address.url} has several users: name your namespace with --namespace"
            )
        if address.namespace and not several_users:
            raise KubeflowRefused(
                f"{address.url} has no namespaces for users: leave --namespace out"
            )

    def all_of(
        self, what: str, path: str, items: str, **query: str | None
    ) -> Iterator[dict[str, Any]]:
        """Lists a collection, page after page.

        Args:
            what: For the error: ``the list of pipelines``.
            path: Of the collection: ``pipelines``.
            items: Where an answer holds them.
            **query: What else is asked; what is None is left out.

        Raises:
            KubeflowRefused: If it fails.
        """
        token: str | None = None
        while True:
            asked = _given(query) | {"page_size": "100"} | _given({"page_token": token})
            page = self._ask(what, "GET", path, params=asked)
            yield from page.get(items) or ()
            token = page.get("next_page_token")
            if not token:
                return

    def make(self, what: str, path: str, key: str, body: Mapping[str, Any]) -> str:
        """Posts something new to a collection.

        Args:
            what: For the error: ``the run``.
            path: Of the collection.
            key: Where the answer says the new one's id.
            body: What is to be known of it; what is None is left out.

        Returns:
            The id.

        Raises:
            KubeflowRefused: If it fails.
        """
        return self._id(self._ask(what, "POST", path, json=_given(body)), key)

    def upload(self, what: str, path: str, key: str, file: Path, **query: str) -> str:
        """Posts a file; as ``make`` else.

        Args:
            what: For the error.
            path: That takes files.
            key: Where the answer says the new one's id.
            file: The file.
            **query: What is to be known of it.

        Raises:
            KubeflowRefused: If it fails.
        """
        files = {"uploadfile": (file.name, file.read_bytes())}
        return self._id(self._ask(what, "POST", path, params=query, files=files), key)

    def remove(self, what: str, path: str) -> None:
        """Deletes something.

        Args:
            what: For the error: ``to remove ...``.
            path: Of the thing: ``recurringruns/ID``.

        Raises:
            KubeflowRefused: If it fails.
        """
        self._ask(what, "DELETE", path)

    def _health(self) -> bool:
        """Returns whether the server has several users."""
        response = self._response("its health", "GET", _HEALTH, FIRST_ANSWER_SECONDS)
        if not response.url.path.endswith(_API + _HEALTH):
            raise KubeflowRefused(
                f"{self.address.url} sends to another page, as it does before a login: "
                "give a token with --token-file"
            )
        # As from http to https. What is posted later goes there at once: a 301 makes a GET of it.
        self._url = str(response.url).removesuffix(_API + _HEALTH)
        if response.url.host != httpx.URL(self.address.url).host:
            # Nobody meant the token for that host.
            raise KubeflowRefused(f"{self.address.url} sends to {self._url}: name that instead")
        health = self._object(response)
        # What is false or empty may be left out.
        if health and "multi_user" not in health:
            raise _is_another(self.address)
        return bool(health.get("multi_user"))

    def _ask(self, what: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        return self._object(self._response(what, method, path, ANSWER_SECONDS, **request))

    def _response(
        self, what: str, method: str, path: str, seconds: float, **request: Any
    ) -> httpx.Response:
        """Returns what is no error; a page before a login is followed, to see that it is one."""
        token = self.address.token
        try:
            response = httpx.request(
                method,
                self._url + _API + path,
                headers={"Authorization": f"Bearer {token}"} if token else None,
                timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS),
                follow_redirects=path == _HEALTH,
                verify=self._trusted,
                trust_env=False,
                **request,
            )
        except httpx.InvalidURL as error:
            raise _no_address(self.address) from error
        except httpx.RequestError as error:
            raise KubeflowRefused(_no_answer(self.address, error)) from error
        if response.is_error:
            raise KubeflowRefused(_words(self.address, what, response))
        return response

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = json.loads(response.content)
        except ValueError as error:
            raise _is_another(self.address) from error
        if not isinstance(answer, dict):
            raise _is_another(self.address)
        return answer

    def _id(self, answer: Mapping[str, Any], key: str) -> str:
        identity = answer.get(key)
        if not isinstance(identity, str):
            raise _is_another(self.address)
        return identity


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _trusted(address: KubeflowAddress) -> ssl.SSLContext | bool:
    """Returns whom httpx trusts: True is whom Mozilla does."""
    if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", address.url):
        raise _no_address(address)
    if not address.ca_file:
        return True
    # From 3.13 on, Python's default context refuses many an authority of one's own.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(address.ca_file)
    except ssl.SSLError as error:
        raise KubeflowRefused(f"{address.ca_file} holds no certificates") from error
    except OSError as error:
        raise KubeflowRefused(f"{address.ca_file} cannot be read: {error.strerror}") from error
    return context


def _no_address(address: KubeflowAddress) -> KubeflowRefused:
    return KubeflowRefused(
        f"{address.host!r} is no address such as https://kubeflow.example.com/pipeline"
    )


def _is_another(address: KubeflowAddress) -> KubeflowRefused:
    return KubeflowRefused(
        f"what answers at {address.url} is no Kubeflow Pipelines v2, or a page before its login: "
        "look at the address, a path such as /pipeline may be missing; a login needs --token-file"
    )


def _no_answer(address: KubeflowAddress, error: httpx.RequestError) -> str:
    if _is_about_trust(error):
        return (
            f"{address.url} could not be trusted ({_one_line(error)}): "
            "name its certificate authority with --ca-file"
        )
    why = "timed out" if isinstance(error, httpx.TimeoutException) else _one_line(error)
    return f"no answer from {address.url} ({why}): is the address right, is a port forwarded to it?"


def _is_about_trust(error: BaseException | None) -> bool:
    """Returns whether TLS is the reason, which httpx wraps twice."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _words(address: KubeflowAddress, what: str, response: httpx.Response) -> str:
    status = response.status_code
    try:
        said = _message(response.content.decode())
    except ValueError:
        return str(_is_another(address))
    if status == 401:
        login = "does not take the token" if address.token else "wants a login"
        return f"{address.url} {login} (401): give a valid token with --token-file"
    if status == 403:
        whom = f" in namespace {address.namespace}" if address.namespace else ""
        return f"{address.url} does not allow {what}{whom} (403): {said}"
    if status in (404, 405) and what == "its health":
        return str(_is_another(address))
    return f"{address.url} refused {what} ({status}): {said}"


def _message(text: str) -> str:
    """Kubeflow's words for an error, on one line: its services name them differently."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if isinstance(answer, Mapping):
        for key in ("error_details", "message", "error_message", "error"):
            if isinstance(answer.get(key), str) and answer[key]:
                text = answer[key]
                break
    return _one_line(text) or "it did not say why"


def _one_line(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "..."
