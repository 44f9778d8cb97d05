// spec: A @N@-bit counter: on a rising clk it goes to 0 when rst is 1, else up by one when en is 1, else it stays.
// difficulty: 0.2
// sizes: 4 8
module @TOP@(input clk, input rst, input en, output reg [@N-1@:0] q);
  always @(posedge clk) begin
    if (rst) q <= 0;
    else if (en) q <= q + 1;
  end
endmodule
