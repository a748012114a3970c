"""Settings of the judge, a model that answers the free-text items of a rubric."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reasoning_rewards import RewardError
from reasoning_rewards.judge.endpoint import EndpointSettings
from reasoning_train.config.section import NonNegative, Positive, Rate, Section

Money = Annotated[float, Field(ge=0.0)]

OF_ENDPOINT = (
    "base_url", "model", "api_key_env", "concurrency", "timeout_s", "request_timeout_s", "retries",
    "reply_tokens", "price_in", "price_out", "max_calls", "max_cost",
)  # fmt: skip


class JudgeSection(Section):
    """A model that is asked the items of the rubric, in GRPO."""

    backend: Literal["none", "endpoint", "local"] = "none"
    """`endpoint` asks a server that speaks OpenAI's protocol, `local` a frozen Gemma on the run's
    own devices."""
    model: str = ""
    """Its name at the endpoint; for `local` a model known by name, or `base`, the one that is
    trained, as it was."""
    weight: Rate = 0.5
    """Weight times score, from 0 to 1, is added to the total."""
    base_url: str = "http://localhost:8000/v1"
    """The endpoint; this and those up to max_cost count for `endpoint` only."""
    api_key_env: str = ""
    """Environment variable with the API key; empty for a server without keys."""
    concurrency: Positive = 16
    """Requests under way at a time."""
    timeout_s: Rate = 120.0
    """Time for the completions of a step; what is not answered by then has no score."""
    request_timeout_s: Rate = 30.0
    """Time that the server may be silent before a request is sent again."""
    retries: NonNegative = 4
    """Repeats of a request that failed, with back-off, or after what Retry-After says."""
    reply_tokens: Positive = 256
    """Longest reply; models that reason aloud need more."""
    cache: str = ""
    """File with verdicts, which runs may share; empty for judge.sqlite in the run directory."""
    price_in: Money = 0.0
    """Price of a million tokens sent, for the count of the cost."""
    price_out: Money = 0.0
    """Price of a million tokens received."""
    max_calls: NonNegative = 0
    """Questions that a run sends at most; from then on it goes on without the judge. 0 for all."""
    max_cost: Money = 0.0
    """Cost at which a run sends no further question, likewise."""
    rows: Positive = 8
    """Questions that go through a local judge together."""
    question_tokens: Positive = 512
    """Longest question to a local judge, prompt and completion in it; longer ones have no score."""

    @property
    def endpoint(self) -> EndpointSettings:
        """The settings of the endpoint."""
        return EndpointSettings(**{name: getattr(self, name) for name in OF_ENDPOINT})

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.backend != "none" and not self.model:
            raise ValueError("reward.judge.model must name the judge's model")
        if self.backend == "endpoint":
            try:
                _ = self.endpoint
            except RewardError as error:
                raise ValueError(f"reward.judge: {error}") from error
        return self
