// spec: A serial cyclic redundancy check of @N@ bits: at each rising clk with en at 1 the feedback is the top bit exclusive or x; the bits move one place up, the feedback enters at place 0 and is exclusive-ored into place 2. rst at 1 sets all bits to 1.
// difficulty: 0.85
// sizes: 7 5
module @TOP@(input clk, input rst, input en, input x, output reg [@N-1@:0] crc);
  wire back = crc[@N-1@] ^ x;
  always @(posedge clk) begin
    if (rst) crc <= {@N@{1'b1}};
    else if (en) begin
      crc <= {crc[@N-2@:0], back};
      crc[2] <= crc[1] ^ back;
    end
  end
endmodule
