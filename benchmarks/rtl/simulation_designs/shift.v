// spec: A @N@-bit shift register: at each rising clk, load at 1 takes in d, else the bits move one place up and sin enters at place 0. sout is the top bit. rst at 1 clears it.
// difficulty: 0.2
// sizes: 4 9
module @TOP@(input clk, input rst, input load, input sin, input [@N-1@:0] d,
             output reg [@N-1@:0] q, output sout);
  assign sout = q[@N-1@];
  always @(posedge clk) begin
    if (rst) q <= 0;
    else if (load) q <= d;
    else q <= {q[@N-2@:0], sin};
  end
endmodule
