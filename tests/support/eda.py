"""Which EDA tools and benchmark data a test needs; it is skipped, with the reason, without them."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from terragate.tools.sandbox import bubblewrap_works

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
VERILOG_EVAL = SHARED / "verilog-eval"
RTLLM = SHARED / "rtllm"

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"
)
needs_yosys = pytest.mark.skipif(
    importlib.util.find_spec("pyosys") is None and shutil.which("yosys") is None,
    reason="neither pyosys nor yosys is installed",
)
needs_verilator = pytest.mark.skipif(
    shutil.which("verilator") is None, reason="Verilator is not installed"
)
needs_slang = pytest.mark.skipif(
    importlib.util.find_spec("pyslang") is None, reason="pyslang is not installed"
)
needs_bubblewrap = pytest.mark.skipif(
    not bubblewrap_works(), reason="bubblewrap is not installed, or makes no namespaces here"
)
needs_verilog_eval = pytest.mark.skipif(
    not VERILOG_EVAL.is_dir(), reason="the VerilogEval data is not beside the checkout"
)
needs_rtllm = pytest.mark.skipif(
    not RTLLM.is_dir(), reason="the RTLLM data is not beside the checkout"
)
