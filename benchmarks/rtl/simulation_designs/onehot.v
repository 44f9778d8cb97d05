// spec: pos is the number of the lowest bit of x that is 1, 3 bits wide, and 0 when there is none; x has @N@ bits. some is 1 when any bit is.
// difficulty: 0.25
// sizes: 4 7
module @TOP@(input [@N-1@:0] x, output reg [2:0] pos, output some);
  integer i;
  assign some = x != 0;
  always @* begin
    pos = 3'd0;
    for (i = @N-1@; i >= 0; i = i - 1)
      if (x[i]) pos = i[2:0];
  end
endmodule
