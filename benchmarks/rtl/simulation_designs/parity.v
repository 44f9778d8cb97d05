// spec: The output odd is 1 when an odd number of the @N@ bits of x is 1, and inverted while inv is 1; all is 1 when every bit is and inv is 0.
// difficulty: 0.05
// sizes: 6 11
module @TOP@(input [@N-1@:0] x, input inv, output odd, output all);
  assign odd = (^x) ^ inv;
  assign all = (&x) & ~inv;
endmodule
