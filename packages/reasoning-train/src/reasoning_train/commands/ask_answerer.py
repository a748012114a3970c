"""A model that answers questions, loaded once: greedily, or by a vote over samples."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reasoning_data import STYLES, render_prompt
from reasoning_data.rendering import END_OF_TURN, PromptStyle
from reasoning_rewards import CompositeReward, Trace, parse, same_answer
from reasoning_train.errors import UserError
from reasoning_train.evaluation.pass_at_k import ballots
from reasoning_train.reward.stated import stated_confidence

if TYPE_CHECKING:
    from reasoning_train.engine.generation import Completions, Generator
    from reasoning_train.evaluation.post_hoc import ConfidenceMap
    from reasoning_train.evaluation.target import Target

LENGTHS_OF_A_FOLDER = (256, 512)
COMPONENTS = ("total", "correctness", "structure", "confidence")
VOTING_TEMPERATURE = 1.0
"""Of the samples of a vote where greedy decoding was asked for: GRPO's rollouts are drawn so."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was put, and what the model wrote."""

    prompt: str
    completion: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one question.

    Attributes:
        model: The stage, or the name of the model.
        question: As it was asked.
        turn: Prompt and completion.
        finished: Whether the completion ended by itself; else it was cut at the limit.
        votes: After a vote, how many samples gave each answer, the commonest first.
        samples: How many voted; 0 for a greedy answer.
        confidence_map: From stated confidences to what they are worth, where one was fitted.
    """

    model: str
    question: str
    turn: Turn
    finished: bool
    votes: tuple[tuple[str, int], ...] = ()
    samples: int = 0
    confidence_map: "ConfidenceMap | None" = None

    @property
    def trace(self) -> Trace:
        return parse(self.turn.completion)

    @property
    def stated(self) -> float | None:
        """The confidence that the completion states; None where it states none."""
        return stated_confidence(self.turn.completion)

    @property
    def confidence(self) -> float | None:
        """The stated confidence, or what it turned out to be worth on other problems."""
        stated, fitted = self.stated, self.confidence_map
        return fitted(stated) if fitted and stated is not None else stated

    def as_dict(self) -> dict[str, object]:
        """The answer as plain values, for a line of JSON."""
        trace = self.trace
        vote = {"samples": self.samples, "votes": dict(self.votes)} if self.samples else {}
        return {
            "model": self.model,
            "question": self.question,
            "reasoning": trace.reasoning,
            "answer": trace.answer,
            "confidence": self.confidence,
            "stated_confidence": self.stated,
            "well_formed": trace.well_formed,
            "status": trace.status.value,
            "finished": self.finished,
            "completion": self.turn.completion,
            **vote,
        }


@dataclass(slots=True)
class Answerer:
    """A run, a folder of weights or a named model, and one stage of it that answers.

    Attributes:
        text: What names the model.
        stage: Of a run; the last one that has weights if empty.
        step: Of that stage; the newest whole checkpoint if None.
        style_name: How a question is put; as the model was trained if empty.
        temperature: Of a single completion; 0 is greedy.
        seed: Of the noise.
        target: What they name.
        style: How a question is put.
    """

    text: str
    stage: str = ""
    step: int | None = None
    style_name: str = ""
    temperature: float = 0.0
    seed: int = 0
    target: "Target" = field(init=False)
    style: PromptStyle = field(init=False)
    _generator: "Generator | None" = field(init=False, default=None)
    _drawn: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Find the model; its weights are loaded when the first question has proved to be sound.

        Raises:
            UserError: There is no such model, stage or step, or its prompt style is unknown.
        """
        from reasoning_train.engine.compile_cache import keep_compiled
        from reasoning_train.evaluation.target import open_target

        keep_compiled()
        self.target = open_target(self.text, self.stage, self.step)
        style = STYLES[self.style_name] if self.style_name else self.target.style
        if style is None:
            raise UserError(
                f"the export.json of {self.text!r} records a prompt style that this version "
                f"cannot read; name one with --style: {', '.join(STYLES)}"
            )
        self.style = style

    def switch(self, stage: str) -> None:
        """Let another stage of the run answer; the one before is let go of.

        Raises:
            UserError: There is none; the stage stays what it was.
        """
        from reasoning_train.evaluation.target import open_target

        self.target = open_target(self.text, stage)
        self.stage, self.step, self._generator = stage, None, None

    def ask(self, question: str, *, samples: int = 0, before: tuple[Turn, ...] = ()) -> Answer:
        """Answer a question.

        Args:
            question: In words.
            samples: How many completions vote; 0 for a single one.
            before: Earlier turns of the conversation that the model is to see.

        Raises:
            UserError: The question is empty, or longer than the model was trained for.
        """
        if not question.strip():
            raise UserError("the question is empty")
        own = render_prompt(question, self.style)
        prompt = with_history(before, own)
        generator = self._checked(prompt, bool(before))
        made = self._complete(generator, prompt, samples)
        shown, votes = (0, ()) if not samples else _vote(made.texts)
        turn = Turn(own, made.texts[shown])
        return Answer(
            self.target.name,
            question,
            turn,
            made.finished[shown],
            votes,
            samples,
            self.target.confidence_map,
        )

    def score(self, answer: Answer, gold: str) -> dict[str, float]:
        """The reward of an answer and its components.

        Args:
            answer: What the model answered.
            gold: The right answer.
        """
        reward = CompositeReward(asked=bool(self.style.confidence))
        score = reward.score(answer.turn.completion, gold, answer.turn.prompt)
        return {name: getattr(score, name) for name in COMPONENTS}

    def _checked(self, prompt: str, history: bool) -> "Generator":
        from rich.console import Console

        from reasoning_train.engine.generation import Lengths

        source = self.target.source
        lengths = Lengths(*LENGTHS_OF_A_FOLDER)
        if source:
            data = source.config.data
            lengths = Lengths(data.prompt_tokens, data.completion_tokens)
        used = len(self.target.tokenizer().encode_prompt(prompt))
        if used > lengths.prompt:
            raise UserError(
                f"the question has {used} tokens as a prompt, the model was trained with at most "
                f"{lengths.prompt}: ask a shorter one"
                + (", or forget the earlier ones with /history off" if history else "")
            )
        if self._generator is None:
            dtype = source.config.model.dtype if source else "float32"
            self._generator = self.target.generator(lengths, dtype, Console(stderr=True))
        return self._generator

    def _complete(self, generator: "Generator", prompt: str, samples: int) -> "Completions":
        import jax

        temperature = self.temperature or (VOTING_TEMPERATURE if samples else 0.0)
        if not temperature:
            return generator.greedy([prompt])
        key = jax.random.fold_in(jax.random.PRNGKey(self.seed), self._drawn)
        self._drawn += 1
        return generator.sample([prompt] * max(samples, 1), seed=key, temperature=temperature)


def with_history(before: tuple[Turn, ...], prompt: str) -> str:
    """A prompt after the earlier turns, each closed as Gemma's chat template closes it.

    Args:
        before: The earlier turns.
        prompt: Of the question that is asked now.
    """
    return "".join(f"{t.prompt}{t.completion}{END_OF_TURN}\n" for t in before) + prompt


def _vote(completions: list[str]) -> tuple[int, tuple[tuple[str, int], ...]]:
    """The first completion with the commonest answer, and the votes of each answer."""
    classes = ballots([parse(text).answer for text in completions], same_answer)
    if not classes:
        return 0, ()
    ranked = sorted(classes, key=len, reverse=True)  # stable: of equals the one given first
    return ranked[0][0][0], tuple((members[0][1].strip(), len(members)) for members in ranked)
