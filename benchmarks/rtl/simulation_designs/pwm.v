// spec: Pulse width modulation with a period of 2 to the power @N@ cycles: a counter runs through all @N@-bit values, and out is 1 while it is below duty. duty is taken in when the counter returns to 0. rst at 1 sets counter and taken duty to 0.
// difficulty: 0.5
// sizes: 4 6
module @TOP@(input clk, input rst, input [@N-1@:0] duty, output out);
  reg [@N-1@:0] count;
  reg [@N-1@:0] held;
  assign out = count < held;
  always @(posedge clk) begin
    if (rst) begin
      count <= 0;
      held <= 0;
    end else begin
      count <= count + 1;
      if (&count) held <= duty;
    end
  end
endmodule
