// spec: A clock divider: out changes its value after every @N@ rising edges of clk, and tick is 1 in the cycle after each change. rst at 1 sets out and tick to 0 and begins the count again.
// difficulty: 0.6
// sizes: 3 5
module @TOP@(input clk, input rst, output reg out, output reg tick);
  reg [2:0] count;
  always @(posedge clk) begin
    if (rst) begin
      out <= 1'b0;
      tick <= 1'b0;
      count <= 3'd0;
    end else if (count == 3'd@N-1@) begin
      out <= ~out;
      tick <= 1'b1;
      count <= 3'd0;
    end else begin
      tick <= 1'b0;
      count <= count + 3'd1;
    end
  end
endmodule
