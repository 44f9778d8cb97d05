// spec: A @N@-bit Gray-code counter: at each rising clk with en at 1 it goes to the next code of the reflected Gray code. rst at 1 sets it to 0.
// difficulty: 0.4
// sizes: 3 5
module @TOP@(input clk, input rst, input en, output [@N-1@:0] g);
  reg [@N-1@:0] count;
  assign g = count ^ (count >> 1);
  always @(posedge clk) begin
    if (rst) count <= 0;
    else if (en) count <= count + 1;
  end
endmodule
