from typing import Any

import jax
import pytest

from reasoning_train.loop.device_memory import PEAK, device_peak


class Device:
    def __init__(self, stats: dict[str, int] | None) -> None:
        self._stats = stats

    def memory_stats(self) -> dict[str, int] | None:
        return self._stats


@pytest.mark.parametrize(
    ("stats", "told"),
    [
        (None, {}),
        ({"bytes_in_use": 3}, {}),
        ({"bytes_in_use": 3, "peak_bytes_in_use": 5}, {PEAK: 5.0}),
    ],
)
def test_the_peak_is_told_where_the_device_tells_it(
    stats: dict[str, int] | None, told: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def local_devices() -> list[Any]:
        return [Device(stats)]

    monkeypatch.setattr(jax, "local_devices", local_devices)
    assert device_peak() == told


def test_a_cpu_does_not_tell() -> None:
    assert device_peak() == {}
