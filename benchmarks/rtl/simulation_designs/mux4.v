// spec: The output y is one of the @N@-bit inputs a, b, c and d, as the 2-bit input s says: 0 selects a, 3 selects d.
// difficulty: 0.05
// sizes: 4 9
module @TOP@(input [@N-1@:0] a, input [@N-1@:0] b, input [@N-1@:0] c, input [@N-1@:0] d,
             input [1:0] s, output reg [@N-1@:0] y);
  always @* begin
    case (s)
      2'd0: y = a;
      2'd1: y = b;
      2'd2: y = c;
      default: y = d;
    endcase
  end
endmodule
