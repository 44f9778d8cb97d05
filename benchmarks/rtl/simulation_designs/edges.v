// spec: For each of the @N@ bits of x: rise is 1 in the cycle after the bit went from 0 to 1, fall after it went from 1 to 0, seen at rising edges of clk. rst at 1 clears rise and fall.
// difficulty: 0.3
// sizes: 1 5
module @TOP@(input clk, input rst, input [@N-1@:0] x, output reg [@N-1@:0] rise,
             output reg [@N-1@:0] fall);
  reg [@N-1@:0] last;
  always @(posedge clk) begin
    last <= x;
    if (rst) begin
      rise <= 0;
      fall <= 0;
    end else begin
      rise <= x & ~last;
      fall <= ~x & last;
    end
  end
  initial last = 0;
endmodule
