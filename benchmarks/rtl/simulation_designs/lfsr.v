// spec: A @N@-bit linear feedback shift register: at each rising clk with en at 1 the bits move one place up and the exclusive or of the top bit and bit 2 enters at place 0. rst at 1 sets it to 1.
// difficulty: 0.5
// sizes: 5 8
module @TOP@(input clk, input rst, input en, output reg [@N-1@:0] q);
  wire next = q[@N-1@] ^ q[2];
  always @(posedge clk) begin
    if (rst) q <= 1;
    else if (en) q <= {q[@N-2@:0], next};
  end
endmodule
