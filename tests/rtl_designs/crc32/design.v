// CRC-32 of Ethernet (reflected, polynomial 0xEDB88320), one byte per clock.
module crc32 (
  input         clk,
  input         rst,
  input         init,
  input         valid,
  input  [7:0]  data,
  output [31:0] crc
);
  reg [31:0] state;
  assign crc = ~state;

  function [31:0] next(input [31:0] old, input [7:0] value);
    integer i;
    reg [31:0] s;
    begin
      s = old ^ {24'd0, value};
      for (i = 0; i < 8; i = i + 1)
        s = s[0] ? (s >> 1) ^ 32'hEDB88320 : s >> 1;
      next = s;
    end
  endfunction

  always @(posedge clk)
    if (rst || init)
      state <= 32'hFFFFFFFF;
    else if (valid)
      state <= next(state, data);
endmodule
