"""Energy: readings of all GPUs add up to what a run used; without a meter nothing is invented."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from terragate.benchmarks.suites.energy import EnergyMeter


class FakeNvmlError(Exception):
    pass


def nvml(readings: dict[int, list[int]]) -> SimpleNamespace:
    """Return a binding whose devices show these millijoules, one reading after another."""
    return SimpleNamespace(
        NVMLError=FakeNvmlError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(readings),
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetTotalEnergyConsumption=lambda number: readings[number].pop(0),
    )


def test_readings_add_up_over_all_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    module = nvml({0: [1_000, 3_000, 3_500], 1: [10_000, 10_500, 12_500]})
    monkeypatch.setitem(sys.modules, "pynvml", module)
    meter = EnergyMeter()
    # 2 + 0.5 joules, then 0.5 + 2.
    assert [meter.since_last(), meter.since_last()] == [2.5, 2.5]


def test_no_binding_no_driver_no_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert EnergyMeter().since_last() is None

    def refuse(*args: object) -> None:
        raise FakeNvmlError

    for name in ("nvmlInit", "nvmlDeviceGetTotalEnergyConsumption"):
        module = nvml({0: [1, 2]})
        setattr(module, name, refuse)
        monkeypatch.setitem(sys.modules, "pynvml", module)
        assert EnergyMeter().since_last() is None
