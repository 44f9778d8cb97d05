"""Verilog and SystemVerilog: reading designs, compiling, simulating, synthesising, proving."""
