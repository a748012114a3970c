"""How often the policy solves each problem, from a few draws."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.sample_files import write_pass_rates


@dataclass(frozen=True, slots=True)
class PassRate:
    """Draws of one problem, and how many were right."""

    draws: int
    right: int

    @property
    def smoothed(self) -> float:
        """Laplace's rule of succession, (right + 1) / (draws + 2).

        It is the posterior mean of the chance to be right under a uniform prior: eight failures in
        eight draws mean .1 and not "never".
        """
        return (self.right + 1) / (self.draws + 2)

    @property
    def mixed(self) -> bool:
        """Whether there were right draws and wrong ones."""
        return 0 < self.right < self.draws


def pass_rates(rows: Iterable[Mapping[str, Any]]) -> dict[str, PassRate]:
    """Problem id to its pass rate, from rows with `id` and `correct`, in order of appearance."""
    counts: dict[str, list[int]] = {}
    for row in rows:
        found = counts.setdefault(str(row["id"]), [0, 0])
        found[0] += 1
        found[1] += bool(row["correct"])
    return {name: PassRate(*found) for name, found in counts.items()}


def read_pass_rates(run: RunDir) -> dict[str, PassRate]:
    """What `pass_rates.parquet` holds.

    Raises:
        UserError: It is missing or damaged.
    """
    try:
        rows = pq.read_table(run.pass_rates).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(
            f"cannot read {str(run.pass_rates)!r}, which sampling writes "
            f"({str(error).splitlines()[0]}): put it back, or set --grpo.prompts uniform"
        ) from error
    return {row["id"]: PassRate(row["draws"], row["right"]) for row in rows}


def keep_pass_rates(run: RunDir, rows: Iterable[Mapping[str, Any]]) -> dict[str, PassRate]:
    """Write `pass_rates.parquet` from the rows of `samples/`, and return what it holds."""
    rates = pass_rates(rows)
    write_pass_rates(
        run.pass_rates,
        [
            {"id": name, "draws": r.draws, "right": r.right, "pass_rate": r.smoothed}
            for name, r in rates.items()
        ],
    )
    return rates
