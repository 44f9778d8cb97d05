"""Energy of the GPUs, read from NVML where its Python binding and a driver are there."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

BINDING: Final = "pynvml"


class EnergyMeter:
    """Joules that all GPUs together have used between two readings; None where nothing counts."""

    def __init__(self) -> None:
        self._nvml, self._devices = _open()
        self._last = self._total()

    def since_last(self) -> float | None:
        """Return the joules since the reading before, so that all readings add up to the run's."""
        now = self._total()
        if now is None or self._last is None:
            return None
        used, self._last = now - self._last, now
        return used

    def _total(self) -> float | None:
        if not self._devices:
            return None
        try:
            read = self._nvml.nvmlDeviceGetTotalEnergyConsumption
            return sum(read(device) for device in self._devices) / 1e3
        except self._nvml.NVMLError:
            return None


def _open() -> tuple[Any, list[Any]]:
    try:
        nvml: Any = import_module(BINDING)
    except ImportError:
        return None, []
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
        return nvml, [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(count)]
    except nvml.NVMLError:
        return nvml, []
