"""A judge model behind an OpenAI-compatible endpoint (extra `[judge]`)."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge.counts import CallCounts
from reasoning_rewards.judge.prompting import judge_prompt
from reasoning_rewards.judge.verdict import JudgeVerdict, Question, read_verdict

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OnVerdict = Callable[[int, JudgeVerdict], None]
"""Told each verdict as it arrives, by the question's place in the batch."""

REFUSALS: Final = (401, 403, 404)
"""Statuses that every further question would get as well."""
IN_VAIN: Final = 3
"""So many failures in a batch without a single reply mean that the server is down."""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where a judge model is, and how much may be asked of it.

    Attributes:
        base_url: Such as http://localhost:8000/v1.
        model: The model's name there.
        api_key_env: The environment variable that holds the key; empty for a server without keys.
        concurrency: Requests under way at a time.
        timeout_s: Time for a whole batch; what is not answered by then has no verdict.
        request_timeout_s: Time that a server may be silent before a request is sent again.
        retries: Repeats of a request after 408, 409, 429, 5xx, a timeout or a lost connection, with
            exponential back-off and jitter, or after what `Retry-After` says.
        reply_tokens: Longest reply; models that reason aloud need more.
        price_in: Price of a million tokens sent.
        price_out: Price of a million tokens received.
        max_calls: Questions sent at most; 0 for no limit.
        max_cost: Cost at which no further question is sent; those under way may exceed it. 0 for no
            limit.

    Raises:
        RewardError: A value is out of range; the message names it.
    """

    base_url: str
    model: str
    api_key_env: str = ""
    concurrency: int = 16
    timeout_s: float = 120.0
    request_timeout_s: float = 30.0
    retries: int = 4
    reply_tokens: int = 256
    price_in: float = 0.0
    price_out: float = 0.0
    max_calls: int = 0
    max_cost: float = 0.0

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise RewardError(
                f"base_url must begin with http:// or https://, not {self.base_url!r}"
            )
        if not self.model:
            raise RewardError("model must name a model of the endpoint")
        for name in ("concurrency", "timeout_s", "request_timeout_s", "reply_tokens"):
            if not (isfinite(value := getattr(self, name)) and value > 0):
                raise RewardError(f"{name} must be above 0, not {value!r}")
        for name in ("retries", "price_in", "price_out", "max_calls", "max_cost"):
            if not (isfinite(value := getattr(self, name)) and value >= 0):
                raise RewardError(f"{name} must be 0 or more, not {value!r}")
        if self.max_cost and not (self.price_in or self.price_out):
            raise RewardError("max_cost needs price_in or price_out, per million tokens")

    def key(self) -> str:
        """Return the API key.

        Raises:
            RewardError: The environment variable is not set.
        """
        if not self.api_key_env:
            return "none"  # the client insists on one
        if not (key := os.environ.get(self.api_key_env)):
            raise RewardError(f"the environment variable {self.api_key_env!r} holds no API key")
        return key


def check_openai() -> None:
    """Check that the client is installed.

    Raises:
        RewardError: It is not; the message says how to install it.
    """
    try:
        import openai  # noqa: F401
    except ImportError:
        raise RewardError(
            "a judge behind an endpoint needs the openai client: "
            "pip install 'reasoning-rewards[judge]'"
        ) from None


class Endpoint:
    """Asks questions of a model, many at a time. Failures are verdicts without a value.

    Args:
        settings: Where it is, and its limits.
        counts: Counted on, and held against `max_calls` and `max_cost`; fresh ones if left out.

    Raises:
        RewardError: The client is not installed, or there is no API key.
    """

    def __init__(self, settings: EndpointSettings, counts: CallCounts | None = None) -> None:
        check_openai()
        self.settings = settings
        self.counts = CallCounts() if counts is None else counts
        self._key = settings.key()
        self._refused = ""
        self._answered = False
        self._in_vain = 0

    @property
    def name(self) -> str:
        """What cached verdicts belong to."""
        return self.settings.model

    def ask(self, questions: Sequence[Question], on_verdict: OnVerdict) -> None:
        """Ask the questions, and tell each verdict as it arrives; some may stay untold.

        Takes `timeout_s` at most, and a moment to close the connections.
        """
        import asyncio  # slow to import, and the command needs this module for its defaults
        from concurrent.futures import ThreadPoolExecutor

        # A loop of its own, in a thread of its own: the caller's thread may have one, as notebooks.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, self._ask_all(questions, on_verdict)).result()

    async def _ask_all(self, questions: Sequence[Question], on_verdict: OnVerdict) -> None:
        import asyncio

        from openai import AsyncOpenAI

        self._refused, self._answered, self._in_vain = "", False, 0
        waiting = iter(enumerate(questions))
        client = AsyncOpenAI(
            base_url=self.settings.base_url,
            api_key=self._key,
            timeout=self.settings.request_timeout_s,
            max_retries=self.settings.retries,
        )

        async def worker() -> None:
            for place, question in waiting:  # shared: each takes the next one
                stop = self._refused or self._spent()
                verdict = JudgeVerdict(None, stop) if stop else await self._ask(client, question)
                on_verdict(place, verdict)

        async with client:
            count = min(self.settings.concurrency, len(questions))
            workers = [asyncio.create_task(worker()) for _ in range(count)]
            _, late = await asyncio.wait(workers, timeout=self.settings.timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _ask(self, client: "AsyncOpenAI", question: Question) -> JudgeVerdict:
        self.counts.calls += 1
        try:
            response = await client.chat.completions.with_raw_response.create(
                model=self.settings.model,
                messages=[{"role": "user", "content": judge_prompt(question)}],
                temperature=0.0,
                max_tokens=self.settings.reply_tokens,
            )
            self.counts.retries += response.retries_taken
            reply = self._read(response.http_response.text)
        except Exception as error:  # whatever a server or a network can do
            return JudgeVerdict(None, self._failed(error))
        self._answered = True
        return read_verdict(reply)

    def _read(self, body: str) -> str:
        """The reply's text; its tokens are counted."""
        try:
            answer = json.loads(body)
            text = answer["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError):
            raise _MalformedResponseError(body[:60]) from None
        usage = answer.get("usage") or {}
        sent, received = (_tokens(usage, f"{kind}_tokens") for kind in ("prompt", "completion"))
        self.counts.prompt_tokens += sent
        self.counts.completion_tokens += received
        price = sent * self.settings.price_in + received * self.settings.price_out
        self.counts.cost += price / 1e6
        return text if isinstance(text, str) else ""

    def _failed(self, error: Exception) -> str:
        """What to say of a failed request; whether to ask any further is settled on the way."""
        import openai

        status = error.status_code if isinstance(error, openai.APIStatusError) else 0
        if status:
            fault = f"HTTP {status}: {error}"
        elif isinstance(error, openai.APITimeoutError):
            fault = f"timeout: no reply within {self.settings.request_timeout_s:g} s"
        elif isinstance(error, openai.APIConnectionError):
            fault = f"no connection: {error.__cause__ or error}"
        elif isinstance(error, _MalformedResponseError):
            fault = f"malformed response: {str(error)!r}"
        else:
            fault = f"{type(error).__name__}: {error}"
        fault = " ".join(fault.split())[:200]
        self._in_vain += not isinstance(error, _MalformedResponseError)
        if status in REFUSALS or (not self._answered and self._in_vain >= IN_VAIN):
            self._refused = fault
        return fault

    def _spent(self) -> str:
        """Why nothing more may be asked; empty if something may."""
        settings, counts = self.settings, self.counts
        if settings.max_calls and counts.calls >= settings.max_calls:
            return f"budget: max_calls {settings.max_calls} reached"
        if settings.max_cost and counts.cost >= settings.max_cost:
            return f"budget: max_cost {settings.max_cost:g} reached"
        return ""


class _MalformedResponseError(Exception):
    """A response that is no chat completion."""


def _tokens(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
