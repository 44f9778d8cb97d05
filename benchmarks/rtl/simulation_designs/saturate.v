// spec: Add the @N@-bit two's complement inputs a and b at each rising clk into sum; a result that does not fit becomes the largest or the smallest value. hit is 1 when that happened. rst at 1 clears both.
// difficulty: 0.4
// sizes: 4 7
module @TOP@(input clk, input rst, input [@N-1@:0] a, input [@N-1@:0] b,
             output reg [@N-1@:0] sum, output reg hit);
  wire [@N-1@:0] raw = a + b;
  wire over = (a[@N-1@] == b[@N-1@]) && (raw[@N-1@] != a[@N-1@]);
  always @(posedge clk) begin
    if (rst) begin
      sum <= 0;
      hit <= 0;
    end else begin
      hit <= over;
      if (over) sum <= a[@N-1@] ? {1'b1, {@N-1@{1'b0}}} : {1'b0, {@N-1@{1'b1}}};
      else sum <= raw;
    end
  end
endmodule
