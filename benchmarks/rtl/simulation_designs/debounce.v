// spec: A debouncer: out takes the value of x once x has differed from out at @N@ rising edges of clk in a row. rst at 1 sets out to 0 and begins the count again.
// difficulty: 0.65
// sizes: 3 5
module @TOP@(input clk, input rst, input x, output reg out);
  reg [2:0] count;
  always @(posedge clk) begin
    if (rst) begin
      out <= 1'b0;
      count <= 3'd0;
    end else if (x == out) begin
      count <= 3'd0;
    end else if (count == 3'd@N-1@) begin
      out <= x;
      count <= 3'd0;
    end else begin
      count <= count + 3'd1;
    end
  end
endmodule
