// spec: Add the @N@-bit unsigned inputs a and b and the carry cin; sum has @N@ bits and cout is the carry out.
// difficulty: 0.1
// sizes: 5 12
module @TOP@(input [@N-1@:0] a, input [@N-1@:0] b, input cin, output [@N-1@:0] sum, output cout);
  assign {cout, sum} = a + b + cin;
endmodule
