// The same CRC as the shift register of the standard: polynomial 0x04C11DB7, most significant bit
// first, with the bits of each byte and of the result in reverse.
module crc32_ref (
  input             clk,
  input             rst,
  input             init,
  input             valid,
  input      [7:0]  data,
  output reg [31:0] crc
);
  reg [31:0] line, shifted;
  reg feed;
  integer i, k;

  always @* begin
    shifted = line;
    feed = 1'b0;
    for (i = 0; i < 8; i = i + 1) begin
      feed = shifted[31] ^ data[i];
      shifted = {shifted[30:0], 1'b0};
      if (feed) shifted = shifted ^ 32'h04C11DB7;
    end
  end

  always @(posedge clk)
    if (rst | init) line <= {32{1'b1}};
    else if (valid) line <= shifted;

  always @* for (k = 0; k < 32; k = k + 1) crc[k] = !line[31 - k];
endmodule
