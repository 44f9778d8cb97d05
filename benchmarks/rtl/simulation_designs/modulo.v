// spec: A counter from 0 to @N-1@ and again from 0, 6 bits wide, up by one at each rising clk while en is 1. wrap is 1 in the cycle in which the next step returns to 0. rst at 1 sets it to 0.
// difficulty: 0.35
// sizes: 10 25
module @TOP@(input clk, input rst, input en, output reg [5:0] q, output wrap);
  assign wrap = en && q == 6'd@N-1@;
  always @(posedge clk) begin
    if (rst) q <= 6'd0;
    else if (en) begin
      if (q == 6'd@N-1@) q <= 6'd0;
      else q <= q + 6'd1;
    end
  end
endmodule
