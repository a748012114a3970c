"""Completions depend on seed, prompt and draw, never on what else is decoded, or where."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx
from jax.sharding import Mesh

from reasoning_train.engine.decode import decoder
from reasoning_train.engine.decode.decoder import (
    DecodedRows,
    Decoder,
    Sampling,
    batched,
    grouping,
    halved,
)
from reasoning_train.engine.model import Policy

A, B, C = [2, 60, 70], [2, 80, 90, 100, 110], [2, 40]
KEY = jax.random.PRNGKey(7)
NEVER, LENGTH = 0, 12


def lists(rows: DecodedRows) -> list[list[int]]:
    return [row.tolist() for row in rows.tokens]


@pytest.fixture
def decode(policy: Policy, mesh: Mesh):  # type: ignore[no-untyped-def]
    nnx.update(policy, jax.tree.map(lambda x: x + 0.01, nnx.state(policy, nnx.LoRAParam)))

    def run(
        prompts: list[list[int]],
        *,
        stop: int = -1,
        seed: jax.Array = KEY,
        temperature: float = 1.0,
    ) -> DecodedRows:
        made = Decoder(policy, mesh, prompt=8, completion=LENGTH)
        return made(prompts, stop=stop, never=NEVER, sampling=Sampling(seed, temperature))

    return run


def test_a_completion_is_the_same_in_any_batch_and_at_any_place(decode) -> None:  # type: ignore[no-untyped-def]
    a = lists(decode([A] * 4))
    assert len({tuple(row) for row in a}) > 1
    mixed = lists(decode([B, A, C, A, B, A, A]))
    assert [mixed[i] for i in (1, 3, 5, 6)] == a
    assert [lists(decode([A]))[0], lists(decode([B, B]))[1]] == [a[0], mixed[4]]
    assert lists(decode([A] * 4, seed=jax.random.PRNGKey(8))) != a


@pytest.mark.parametrize("policy", ["gemma3"], indirect=True)
def test_rows_that_leave_change_nothing(  # type: ignore[no-untyped-def]
    decode, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = [A] * 12
    whole = decode(prompts, temperature=0.15)
    said = [token for row in lists(whole) for token in set(row[:-1])]
    stop = max(set(said), key=said.count)  # in as many rows as can be
    assert said.count(stop) >= len(prompts) // 2
    kept = decode(prompts, stop=stop, temperature=0.15)
    sizes: list[int] = []
    leave = decoder.leave

    def spy(rows, *, count, shape):  # type: ignore[no-untyped-def]
        sizes.append(count)
        return leave(rows, count=count, shape=shape)

    monkeypatch.setattr(decoder, "leave", spy)
    monkeypatch.setattr(decoder, "FEWEST", 3)
    left = decode(prompts, stop=stop, temperature=0.15)
    assert sizes[0] == 6
    assert lists(left) == lists(kept)
    assert left.finished == kept.finished
    assert any(left.finished)
    for a, b in zip(left.logps, kept.logps, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    for row, before, ended in zip(lists(kept), lists(whole), kept.finished, strict=True):
        end = before.index(stop) + 1 if stop in before else LENGTH
        assert (row, ended) == (before[:end], stop in before)


def test_rows_are_halved_twice_and_not_below_eight() -> None:
    assert halved(256) == [256, 128, 64]
    assert halved(33) == [33, 16, 8]
    assert halved(17) == [17, 8]
    assert halved(8) == [8]


def test_prompts_come_together_in_groups_of_one_size() -> None:
    batch = batched([B, A, B, B, B, A], 1, alike=False)
    assert batch.prompts == [tuple(B), tuple(B), tuple(A)]
    assert batch.draws == [[0, 1], [2, 3], [0, 1]]
    assert batch.places == [0, 4, 1, 2, 3, 5]
    assert batched([A, A, A], 2, alike=False).prompts == [tuple(A)] * 3 + [()]


@pytest.mark.parametrize(
    ("rows", "alike", "devices", "found"),
    [
        (32, 4, 8, (8, 4)),
        (32, 8, 8, (8, 4)),  # four prompts on eight chips: two read each
        (8, 8, 8, (8, 1)),
        (12, 4, 8, (8, 2)),
        (12, 1, 8, (16, 1)),
        (12, 4, 1, (3, 4)),
        (48, 4, 8, (24, 2)),
    ],
)
def test_devices_have_as_many_groups_each(
    rows: int, alike: int, devices: int, found: tuple[int, int]
) -> None:
    assert grouping(rows, alike, devices) == found


def test_greedy_reads_each_prompt_once_in_the_same_number_of_rows() -> None:
    batch = batched([A, B, B, B], 1, alike=True)
    assert batch.prompts == [tuple(A), tuple(B), (), ()]
    assert batch.places == [0, 1, 1, 1]


SCRIPT = """
import json, sys
from pathlib import Path
import jax
from reasoning_train.engine.decode.decoder import Decoder, Sampling
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import load_base

found = []
for devices in (jax.devices(), jax.devices()[:1]):
    mesh = make_mesh(devices)
    model = load_base(Path(sys.argv[1]), dtype="float32", remat=False, mesh=mesh)
    decode = Decoder(model, mesh, prompt=8, completion=12)
    for prompts in json.loads(sys.argv[2]):
        sampling = Sampling(jax.random.PRNGKey(7), 1.0)
        rows = decode(prompts, stop=-1, never=0, sampling=sampling)
        found.append([row.tolist() for row in rows.tokens])
print(json.dumps([len(jax.devices()), *found]))
"""


def test_any_number_of_devices_gives_the_same_completions(base_folder: Path) -> None:
    """Also of rows that the devices do not divide."""
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
    }
    calls = [[A] * 4 + [B] * 4 + [C] * 4, [C, A]]
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(base_folder), json.dumps(calls)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    devices, *found = json.loads(result.stdout.splitlines()[-1])
    assert devices == 8
    assert found[:2] == found[2:]
    assert found[1] == [found[0][8], found[0][0]]
