"""A connection to a Kubeflow Pipelines server that says in one line why it does not work.

On the client that ``kfp`` itself is built on, ``kfp_server_api``, because ``kfp.Client`` tries a
server that does not answer for minutes, knows no timeout, prints, asks for a login and writes to
the home directory.
"""

import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kfp_server_api
import urllib3

from pipeline.kubeflow.server.refused import KubeflowRefused

# To be connected, and to be answered at all.
CONNECT_SECONDS = 5.0
FIRST_ANSWER_SECONDS = 10.0
# An upload is parsed and stored before it is answered.
ANSWER_SECONDS = 60.0

_HEALTH = "/apis/v2beta1/healthz"
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
        pipelines: Pipelines and their versions.
        uploads: Packages.
        experiments: What runs are grouped by.
        runs: Runs.
        recurring_runs: Schedules.
    """

    def __init__(self, address: KubeflowAddress) -> None:
        """Connects, and asks the server what it is.

        Args:
            address: Where it is.

        Raises:
            KubeflowRefused: If there is no such server, it wants a login, or it has several users
                and no namespace is given, or the other way round.
        """
        self.address = address
        self._client = client = _client(address)
        self.pipelines = kfp_server_api.PipelineServiceApi(client)
        self.uploads = kfp_server_api.PipelineUploadServiceApi(client)
        self.experiments = kfp_server_api.ExperimentServiceApi(client)
        self.runs = kfp_server_api.RunServiceApi(client)
        self.recurring_runs = kfp_server_api.RecurringRunServiceApi(client)
        several_users = self._health()
        if several_users and not address.namespace:
            raise KubeflowRefused(
                f"{address.url} has several users: name your namespace with --namespace"
            )
        if address.namespace and not several_users:
            raise KubeflowRefused(
                f"{address.url} has no namespaces for users: leave --namespace out"
            )

    def ask(self, what: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls a method of one of the services.

        Args:
            what: For the error: ``the upload``.
            call: The method.
            *args: Its arguments.
            **kwargs: Its arguments by name; those that are None are left out.

        Raises:
            KubeflowRefused: If it fails.
        """
        given = {name: value for name, value in kwargs.items() if value is not None}
        timeout = (CONNECT_SECONDS, ANSWER_SECONDS)
        with _refusals(self.address, what):
            answer = call(*args, **given, _request_timeout=timeout)
            # Of what is not JSON the client makes an answer in which everything is None.
            if not isinstance(json.loads(self._client.last_response.data), dict):
                raise _is_another(self.address)
        return answer

    def all_of(
        self, what: str, call: Callable[..., Any], items: str, *args: Any, **kwargs: Any
    ) -> Iterator[Any]:
        """Calls a method that lists things, for page after page.

        Args:
            what: For the error.
            call: The method.
            items: The attribute of its answer that holds them.
            *args: Its arguments.
            **kwargs: Its arguments by name; those that are None are left out.

        Raises:
            KubeflowRefused: If it fails.
        """
        token: str | None = None
        while True:
            page = self.ask(what, call, *args, **kwargs, page_size=100, page_token=token)
            yield from getattr(page, items) or ()
            token = page.next_page_token
            if not token:
                return

    def _health(self) -> bool:
        """Returns whether the server has several users."""
        with _refusals(self.address, "its health"):
            response = kfp_server_api.HealthzServiceApi(self._client).get_healthz(
                _preload_content=False, _request_timeout=(CONNECT_SECONDS, FIRST_ANSWER_SECONDS)
            )
            body = response.data
        if response.geturl() and not response.geturl().split("?")[0].endswith(_HEALTH):
            raise KubeflowRefused(
                f"{self.address.url} sends to another page, as it does before a login: "
                "give a token with --token-file"
            )
        try:
            health = json.loads(body)
        except ValueError:
            health = None
        # What is false or empty may be left out.
        if not isinstance(health, dict) or (health and "multi_user" not in health):
            raise _is_another(self.address)
        return bool(health.get("multi_user"))


def _client(address: KubeflowAddress) -> kfp_server_api.ApiClient:
    if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", address.url):
        raise KubeflowRefused(
            f"{address.host!r} is no address such as https://kubeflow.example.com/pipeline"
        )
    configuration = kfp_server_api.Configuration(host=address.url)
    # The user can try again; a page before a login is followed, to see that it is one.
    configuration.retries = urllib3.Retry(3, connect=0, read=0, status=0, other=0)
    if address.token:
        configuration.api_key["authorization"] = address.token
        configuration.api_key_prefix["authorization"] = "Bearer"
    if address.ca_file:
        try:
            ssl.create_default_context(cafile=address.ca_file)
        except ssl.SSLError as error:
            raise KubeflowRefused(f"{address.ca_file} holds no certificates") from error
        except OSError as error:
            raise KubeflowRefused(f"{address.ca_file} cannot be read: {error.strerror}") from error
        configuration.ssl_ca_cert = str(address.ca_file)
    return kfp_server_api.ApiClient(configuration)


@contextmanager
def _refusals(address: KubeflowAddress, what: str) -> Iterator[None]:
    """Turns the errors of a request into one of ours."""
    try:
        yield
    except kfp_server_api.ApiException as error:
        raise KubeflowRefused(_words(address, what, error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise KubeflowRefused(_no_answer(address, error)) from error
    except (AttributeError, TypeError, ValueError) as error:
        # What the client makes of an answer that is not of Kubeflow's form.
        raise _is_another(address) from error


def _is_another(address: KubeflowAddress) -> KubeflowRefused:
    return KubeflowRefused(
        f"what answers at {address.url} is no Kubeflow Pipelines v2, or a page before its login: "
        "look at the address, a path such as /pipeline may be missing; a login needs --token-file"
    )


def _no_answer(address: KubeflowAddress, error: urllib3.exceptions.HTTPError) -> str:
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    if isinstance(reason, urllib3.exceptions.SSLError):
        return (
            f"{address.url} could not be trusted ({_one_line(reason.args[0])}): "
            "name its certificate authority with --ca-file"
        )
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        why = _one_line(reason).rpartition(": ")[2]
    elif isinstance(reason, urllib3.exceptions.TimeoutError):
        why = "timed out"
    else:
        why = _one_line(reason)
    return f"no answer from {address.url} ({why}): is the address right, is a port forwarded to it?"


def _words(address: KubeflowAddress, what: str, error: kfp_server_api.ApiException) -> str:
    said = _message(error.body)
    if error.status == 401:
        login = "does not take the token" if address.token else "wants a login"
        return f"{address.url} {login} (401): give a valid token with --token-file"
    if error.status == 403:
        whom = f" in namespace {address.namespace}" if address.namespace else ""
        return f"{address.url} does not allow {what}{whom} (403): {said}"
    if error.status in (404, 405) and what == "its health":
        return str(_is_another(address))
    return f"{address.url} refused {what} ({error.status}): {said}"


def _message(body: Any) -> str:
    """Kubeflow's words for an error, on one line: its services name them differently."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
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
