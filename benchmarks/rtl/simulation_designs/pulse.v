// spec: A pulse stretcher: when trig is 1 at a rising clk, out is 1 for the next @N@ cycles; a new trig in that time starts the @N@ cycles again. rst at 1 ends the pulse.
// difficulty: 0.55
// sizes: 3 6
module @TOP@(input clk, input rst, input trig, output out);
  reg [3:0] left;
  assign out = left != 4'd0;
  always @(posedge clk) begin
    if (rst) left <= 4'd0;
    else if (trig) left <= 4'd@N@;
    else if (left != 4'd0) left <= left - 4'd1;
  end
endmodule
