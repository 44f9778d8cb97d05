// spec: Compare the @N@-bit unsigned inputs a and b: lt, eq and gt are 1 when a is below, equal to or above b. With sgn at 1 both are two's complement.
// difficulty: 0.15
// sizes: 4 8
module @TOP@(input [@N-1@:0] a, input [@N-1@:0] b, input sgn, output lt, output eq, output gt);
  wire flip = sgn & (a[@N-1@] ^ b[@N-1@]);
  assign eq = a == b;
  assign lt = flip ? a[@N-1@] : (a < b);
  assign gt = !lt && !eq;
endmodule
