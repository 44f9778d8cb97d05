// spec: A @N@-bit counter that goes up by one when up is 1 and down by one otherwise, at each rising clk. It stops at the largest value and at 0 and does not wrap. rst at 1 sets it to 0.
// difficulty: 0.3
// sizes: 3 6
module @TOP@(input clk, input rst, input up, output reg [@N-1@:0] q);
  wire full = &q;
  always @(posedge clk) begin
    if (rst) q <= 0;
    else if (up) begin
      if (!full) q <= q + 1;
    end else begin
      if (q != 0) q <= q - 1;
    end
  end
endmodule
