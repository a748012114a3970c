"""GRPO through Tunix's learner, for real, in a few steps."""

import json
import shutil
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from tunix.rl import algo_core, common, reward_manager
from tunix.rl.grpo.grpo_learner import GRPOConfig

from reasoning_train.engine.checkpoint import restore_weights
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.grpo import (
    GrpoSettings,
    Rollouts,
    between_updates,
    run_grpo,
)
from reasoning_train.engine.model import Gemma3
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.engine.prompts import PromptBatch
from reasoning_train.engine.resampling import Place, Resampling
from reasoning_train.models.tokenizer import Tokenizer

STEPS, PROMPTS, GROUP = 3, 2, 4


def batches(prompt: str) -> Iterator[PromptBatch]:
    while True:
        yield PromptBatch(["a", "b"], [prompt, prompt], ["1", "2"])


def settings(**changes: object) -> GrpoSettings:
    values = {
        "generations": GROUP,
        "micro_batch": PROMPTS,
        "temperature": 1.0,
        "advantage": "rloo",
        "aggregation": "token-mean",
        "kl_coefficient": 0.0,
        "columns": 4,
    }
    return GrpoSettings(**{**values, **changes})  # type: ignore[arg-type]


class Recorder:
    """A reward that keeps what it was asked, and pays for the digit 1."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], list[str], list[str]]] = []

    def __call__(self, rollouts: Rollouts) -> list[float]:
        self.calls.append((rollouts.ids, rollouts.completions, rollouts.golds))
        return [float(c.count("1")) for c in rollouts.completions]


@pytest.fixture
def train(model: Gemma3, tokenizer: Tokenizer, mesh, tmp_path: Path, prompt: str):  # type: ignore[no-untyped-def]
    def run(
        reward: object,
        resampling: Resampling | None = None,
        *,
        fresh: bool = False,
        steps: int = STEPS,
        rate: float = 1e-2,
        **changes: object,
    ) -> list[dict[str, float]]:
        seen: list[dict[str, float]] = []
        if fresh:
            shutil.rmtree(tmp_path / "actor", ignore_errors=True)
            nnx.update(model, start)
        run_grpo(
            model,
            batches(prompt),
            reward,  # type: ignore[arg-type]
            mesh=mesh,
            tokenizer=tokenizer,
            lengths=Lengths(24, 8),
            batch_size=PROMPTS,
            settings=settings(**changes),
            optimizer=OptimizerSettings(rate, steps, 0),
            seed=5,
            checkpoints=tmp_path,
            start=0,
            save_every=1,
            on_step=lambda step, values: seen.append({"step": step, **values}),
            on_weights=lambda updates, policy: told.append((updates, trained(policy))),
            resampling=resampling,
        )
        return seen

    start = jax.tree.map(jnp.copy, nnx.state(model, nnx.LoRAParam))
    told: list[tuple[int, list[np.ndarray]]] = []
    run.told = told  # type: ignore[attr-defined]
    return run


def trained(model: Gemma3) -> list[np.ndarray]:
    return [np.array(x) for x in jax.tree.leaves(nnx.state(model, nnx.LoRAParam))]


def test_it_trains_and_leaves_a_checkpoint(train, model: Gemma3, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    before = [np.array(x) for x in jax.tree.leaves(nnx.state(model, nnx.LoRAParam))]
    reward = Recorder()
    steps = train(reward)
    assert [s["step"] for s in steps] == [1, 2, 3]
    assert all(np.isfinite(list(s.values())).all() for s in steps)
    # Without a reference there is no KL.
    assert steps[0].keys() == {"step", "loss", "grad_norm", "entropy", "skipped"}

    ids, completions, golds = reward.calls[0]
    assert ids == ["a"] * GROUP + ["b"] * GROUP
    assert golds == ["1"] * GROUP + ["2"] * GROUP
    assert len(set(completions[:GROUP])) > 1  # a group is sampled
    assert reward.calls[0][1] != reward.calls[1][1]  # the noise advances

    restore_weights(model, tmp_path / "actor" / str(STEPS) / "model_params")
    after = jax.tree.leaves(nnx.state(model, nnx.LoRAParam))
    assert any(np.any(a != b) for a, b in zip(after, before, strict=True))


def test_the_same_seed_gives_the_same_run(train, model: Gemma3, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    start = jax.tree.map(jnp.copy, nnx.state(model, nnx.LoRAParam))
    first, second = Recorder(), Recorder()
    one = train(first)
    nnx.update(model, start)
    shutil.rmtree(tmp_path / "actor")
    two = train(second)
    assert first.calls == second.calls
    assert one == two


def test_a_kl_to_the_start_is_measured(train) -> None:  # type: ignore[no-untyped-def]
    steps = train(Recorder(), kl_coefficient=0.1)
    assert steps[0]["kl"] == pytest.approx(0.0, abs=1e-5)
    assert steps[-1]["kl"] > 0.0


def test_the_reference_makes_no_whole_logits(train, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """What stock has them made by is never called."""

    def whole_logits(*args: object, **kwargs: object) -> None:
        raise AssertionError("whole logits")

    monkeypatch.setattr(common, "compute_per_token_logps", whole_logits)
    assert len(train(Recorder(), kl_coefficient=0.1)) == STEPS


def test_micro_batches_make_the_same_update(train) -> None:  # type: ignore[no-untyped-def]
    """Also where groups are dropped, which are whole parts here."""

    def reward(rollouts: Rollouts) -> list[float]:
        asked.append(len(rollouts.completions))
        return [0.3 if name == "b" else float(row % 3) for row, name in enumerate(rollouts.ids)]

    asked: list[int] = []
    whole = train(reward, drop_flat_groups=True, kl_coefficient=0.1)
    first = train.told[0][1]
    train.told.clear()
    cut = train(reward, fresh=True, drop_flat_groups=True, kl_coefficient=0.1, micro_batch=1)
    assert asked == [PROMPTS * GROUP] * (2 * STEPS)
    assert cut[0] == pytest.approx(whole[0], rel=1e-4, abs=1e-6)
    for a, b in zip(train.told[0][1], first, strict=True):
        # Adam makes much of a gradient's sign where the gradient is rounding.
        assert np.mean(np.isclose(a, b, atol=1e-5)) > 0.99


@pytest.mark.parametrize("micro_batch", [1, PROMPTS])
def test_an_infinite_advantage_costs_its_own_update_alone(  # type: ignore[no-untyped-def]
    train, model: Gemma3, tmp_path: Path, micro_batch: int
) -> None:
    """Stock's accumulator kept the NaN, in every checkpoint too, and nothing moved any more."""
    calls: list[int] = []

    def reward(rollouts: Rollouts) -> list[float]:
        calls.append(1)
        best = 1e300 if len(calls) == 2 else 1.0  # finite here, too much for float32
        return [best, *[0.0] * (len(rollouts.completions) - 1)]

    steps = train(reward, steps=4, micro_batch=micro_batch)
    assert [step["skipped"] for step in steps] == [0.0, 1.0, 0.0, 0.0]
    assert not np.isfinite(steps[1]["loss"])
    assert all(np.isfinite(list(steps[i].values())).all() for i in (0, 2, 3))
    restore_weights(model, tmp_path / "actor" / "4" / "model_params")
    states = [weights for _, weights in train.told] + [trained(model)]
    moved = [any(map(np.any, map(np.subtract, b, a))) for a, b in pairwise(states)]
    assert moved == [False, True, True]  # by updates 2, 3 and 4
    for step in ("3", "4"):
        saved = ocp.PyTreeCheckpointer().restore(tmp_path / "actor" / step / "optimizer_state")
        assert all(np.isfinite(np.asarray(x)).all() for x in jax.tree.leaves(saved))


def test_the_reward_rises(train) -> None:  # type: ignore[no-untyped-def]
    """What the sign of a gradient is for: what is paid for becomes commoner."""
    paid: list[float] = []

    def reward(rollouts: Rollouts) -> list[float]:
        totals = [min(text.count("1"), 3) / 3 for text in rollouts.completions]
        paid.append(float(np.mean(totals)))
        return totals

    train(reward, steps=12, rate=3e-2, generations=16)
    before, after = np.mean(paid[:2]), np.mean(paid[-3:])
    assert after > before + 0.3, paid


def test_groups_without_variance_are_drawn_again(train, prompt: str) -> None:  # type: ignore[no-untyped-def]
    """Group `b` is flat in every draw of its own; the spare prompts' are not from draw 2 on."""
    seen: list[tuple[int, list[str], list[str]]] = []
    settled: list[list[Place]] = []
    asked: list[tuple[int, int]] = []

    def reward(rollouts: Rollouts) -> list[float]:
        seen.append((rollouts.draw, rollouts.ids[::GROUP], rollouts.completions))
        flat = {"b"} if rollouts.draw != 1 else {"b", "spare"}
        return [0.3 if name in flat else float(row) for row, name in enumerate(rollouts.ids)]

    def spare(step: int, draw: int) -> PromptBatch:
        asked.append((step, draw))
        return PromptBatch(["spare"] * PROMPTS, [prompt] * PROMPTS, ["7"] * PROMPTS)

    steps = train(reward, Resampling(3, spare, settled.append))
    assert len(steps) == STEPS
    assert asked == [(step, draw) for step in (1, 2, 3) for draw in (1, 2)]
    assert settled == [[(0, 0), (2, 0)]] * STEPS
    assert [draw for draw, _, _ in seen] == [0, 1, 2] * STEPS
    assert seen[1][1] == ["spare"] * PROMPTS
    texts = [text for _, _, text in seen]
    assert all(a != b for a, b in pairwise(texts))  # every draw has its noise


def test_drawing_again_leaves_the_noise_of_later_steps_as_it_is(train, prompt: str) -> None:  # type: ignore[no-untyped-def]
    """With nothing learned from, later steps see the same policy with and without redraws."""

    def texts(resampling: Resampling | None) -> list[list[str]]:
        seen: list[list[str]] = []

        def reward(rollouts: Rollouts) -> list[float]:
            if rollouts.draw == 0:
                seen.append(rollouts.completions)
            return [0.0] * len(rollouts.completions)

        train(reward, resampling, fresh=True)
        return seen

    spare = PromptBatch(["c", "d"], [prompt, prompt], ["1", "2"])
    again = Resampling(1, lambda step, draw: spare, lambda places: None)
    assert texts(None) == texts(again)


@pytest.mark.parametrize("micro_batch", [1, PROMPTS])
def test_between_updates_the_weights_told_are_those_of_the_checkpoint(  # type: ignore[no-untyped-def]
    train, model: Gemma3, tmp_path: Path, micro_batch: int
) -> None:
    train(Recorder(), micro_batch=micro_batch)
    assert [updates for updates, _ in train.told] == [1, 2]
    restore_weights(model, tmp_path / "actor" / "2" / "model_params")
    for told, saved in zip(train.told[1][1], trained(model), strict=True):
        np.testing.assert_array_equal(told, saved)


def test_batches_of_steps_already_done_are_only_skipped() -> None:
    told: list[int] = []
    assert len(list(between_updates(islice(batches("x"), 5), 3, told.append))) == 5
    assert told == [3, 4, 5]


def test_a_non_finite_reward_is_an_error(train) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="returned nan"):
        train(lambda rollouts: [float("nan")] * len(rollouts.completions))


def test_stock_counts_nan_as_zero() -> None:
    def nan(prompts: list[str], completions: list[str], **kwargs: object) -> list[float]:
        return [float("nan")] * len(completions)

    manager = reward_manager.SequenceRewardManager([nan], GRPOConfig())
    assert manager(prompts=["p"], completions=["c"])["rewards"].tolist() == [0.0]


def test_stock_advantages_make_noise_of_easy_groups_loud() -> None:
    easy = np.array([0.90, 0.90, 0.90, 0.91])
    assert np.abs(algo_core.compute_advantages(easy, 4)).max() > 1.0
    assert np.abs(algo_core.compute_rloo_advantages(easy, 4)).max() < 0.02


def test_json_of_the_settings_is_plain() -> None:
    from dataclasses import asdict

    json.dumps(asdict(settings()))
