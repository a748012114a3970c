"""One update of a batch is the same however the batch is cut, and forgets what was no number."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from tunix.rl.grpo.grpo_learner import TrainExample

from reasoning_train.engine.grpo import GrpoSettings
from reasoning_train.engine.masters import with_fp32_masters
from reasoning_train.engine.model import Gemma3, Lora, add_lora, load_base
from reasoning_train.engine.optimizer import NEVER, OptimizerSettings
from reasoning_train.engine.step_functions import policy_trainer
from reasoning_train.engine.update import update

STOP = 106  # of `policy_trainer`
ROWS, GROUP, LENGTH = 4, 2, 6
SETTINGS = GrpoSettings(
    generations=GROUP,
    micro_batch=1,
    temperature=1.0,
    advantage="rloo",
    aggregation="token-mean",
    kl_coefficient=0.3,
    columns=2,
)


def batch(**changes: Any) -> TrainExample:
    """Completions of 6, 1, 3 and 2 tokens."""
    rng = np.random.default_rng(3)
    ids = np.zeros((ROWS, LENGTH), np.int32)
    for row, length in enumerate((6, 1, 3, 2)):
        ids[row, :length] = rng.integers(110, 500, length)
    prompts = jnp.array([[0, 2, 40, 50], [2, 60, 70, 80], [0, 0, 2, 90], [2, 33, 44, 55]])
    values = {
        "prompt_ids": prompts,
        "prompt_mask": prompts != 0,
        "completion_ids": jnp.array(ids),
        "completion_mask": jnp.array(ids != 0),
        "advantages": jnp.array([0.7, -0.7, -0.2, 0.2]),
        "ref_per_token_logps": jnp.array(rng.normal(-4, 2, (ROWS, LENGTH)), jnp.float32),
        "old_per_token_logps": None,
    }
    return TrainExample(**(values | changes))


def new_optimizer(model: Gemma3) -> Any:
    """Plain gradient descent at rate 1, with moments."""
    inner = optax.apply_if_finite(optax.sgd(1.0, momentum=0.5), NEVER)
    return nnx.Optimizer(model, with_fp32_masters(inner), wrt=nnx.LoRAParam)


def compiled(model: Gemma3, parts: int, settings: GrpoSettings = SETTINGS) -> Callable[..., Any]:
    """The update of a model with an optimizer on a batch: its loss, metrics and norm."""
    trainer = policy_trainer(model, ROWS // GROUP, settings, OptimizerSettings(1.0, 9, 0))

    @nnx.jit
    def step(model: Gemma3, optimizer: Any, example: TrainExample) -> Any:
        return update(trainer, model, optimizer, example, parts)

    def run(optimizer: Any, example: TrainExample) -> tuple[float, dict[str, float], float]:
        loss, metrics, norm = step(model, optimizer, example)
        return float(loss), {name: float(x) for name, x in metrics.items()}, float(norm)

    return run


@pytest.fixture
def moved(model: Gemma3) -> Gemma3:
    """Both factors of the adapters have a gradient."""
    nnx.update(model, jax.tree.map(lambda x: x + 0.02, nnx.state(model, nnx.LoRAParam)))
    return model


def weights(model: Gemma3) -> list[np.ndarray]:
    return [np.array(x) for x in jax.tree.leaves(nnx.state(model, nnx.LoRAParam))]


def changes_to(**settings: Any) -> GrpoSettings:
    values = {name: getattr(SETTINGS, name) for name in GrpoSettings.__slots__}
    return GrpoSettings(**(values | settings))


@pytest.mark.parametrize(
    "settings",
    [
        changes_to(),
        changes_to(aggregation="sequence-mean-token-mean", overlong_filter=True),
        changes_to(aggregation="sequence-mean-token-scale", drop_flat_groups=True),
    ],
    ids=lambda s: s.aggregation,
)
def test_parts_make_the_update_of_the_whole_batch(moved: Gemma3, settings: GrpoSettings) -> None:
    """Loss, metrics, gradient and its norm, with rows of other lengths in each part."""
    ids = np.array(batch().completion_ids)
    ids[[0, 2], [5, 2]] = STOP  # the others were cut
    example = batch(
        completion_ids=jnp.array(ids),
        **({"advantages": jnp.array([0.7, -0.7, 0, 0])} if settings.drop_flat_groups else {}),
    )
    start = jax.tree.map(jnp.copy, nnx.state(moved, nnx.LoRAParam))
    found = []
    for parts in (1, ROWS):
        nnx.update(moved, start)
        step = compiled(moved, parts, settings)
        found.append((*step(new_optimizer(moved), example), weights(moved)))
    (loss, metrics, norm, after), other = found
    assert norm > 0.01
    assert other[0] == pytest.approx(loss, rel=1e-5)
    assert other[1] == pytest.approx(metrics, rel=1e-5)
    assert other[2] == pytest.approx(norm, rel=1e-5)
    for a, b in zip(other[3], after, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * norm)


@pytest.mark.parametrize(("parts", "bad"), [(1, np.nan), (2, np.inf)])
def test_a_part_that_is_no_number_is_forgotten(moved: Gemma3, parts: int, bad: float) -> None:
    """The update changes nothing, moments included, and the next is as if it had never been."""
    poisoned = batch(advantages=jnp.array([0.7, -0.7, bad, 0.2]))
    start = jax.tree.map(jnp.copy, nnx.state(moved, nnx.LoRAParam))
    step, optimizer = compiled(moved, parts), new_optimizer(moved)
    step(optimizer, batch())
    before = weights(moved)
    assert step(optimizer, poisoned)[1]["skipped"] == 1.0
    for a, b in zip(weights(moved), before, strict=True):
        np.testing.assert_array_equal(a, b)
    state = jax.tree.leaves(nnx.state(optimizer))
    assert all(np.isfinite(np.asarray(x, np.float64)).all() for x in state)
    assert step(optimizer, batch())[1]["skipped"] == 0.0
    found = weights(moved)

    nnx.update(moved, start)
    optimizer = new_optimizer(moved)
    step(optimizer, batch())
    step(optimizer, batch())
    for a, b in zip(found, weights(moved), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_model_that_recomputes_makes_the_same_update(  # type: ignore[no-untyped-def]
    moved: Gemma3, base_folder: Path, mesh, parts: int
) -> None:
    """In one part and in the loop: recomputation writes into the model while it is traced."""
    base = load_base(base_folder, dtype="float32", remat=True, mesh=mesh)
    lora = Lora(rank=4, alpha=8.0, targets=".*q_einsum|.*down_proj")
    recomputing = add_lora(base, lora, seed=0, mesh=mesh)
    nnx.update(recomputing, jax.tree.map(jnp.copy, nnx.state(moved, nnx.LoRAParam)))
    found = compiled(recomputing, parts)(new_optimizer(recomputing), batch())
    expected = compiled(moved, parts)(new_optimizer(moved), batch())
    assert (found[0], found[2]) == pytest.approx((expected[0], expected[2]), rel=1e-5)
    for a, b in zip(weights(recomputing), weights(moved), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * expected[2])


def test_stock_never_forgets_a_nan() -> None:
    """Why: Tunix accumulates with this, which clears itself by a multiplication with zero."""
    optimizer = optax.MultiSteps(optax.apply_if_finite(optax.sgd(1.0), NEVER), 2)
    params = {"w": jnp.ones(2)}
    state = optimizer.init(params)
    for gradient in (jnp.nan, 1.0, 1.0, 1.0):
        moves, state = optimizer.update({"w": jnp.full(2, gradient)}, state, params)
    assert float(jnp.abs(moves["w"]).max()) == 0.0
    assert np.isnan(state.acc_grads["w"]).all()
