// The same product in one step, delayed by two registers; sign extension instead of negation.
module pipe_mult_ref (
  input             clk,
  input             rst_n,
  input             valid_in,
  input             is_signed,
  input      [7:0]  a,
  input      [7:0]  b,
  output            valid_out,
  output reg [15:0] product
);
  wire signed [8:0] wide_a = {is_signed & a[7], a};
  wire signed [8:0] wide_b = {is_signed & b[7], b};
  reg signed [17:0] now, later;
  reg [2:0] valid;
  assign valid_out = valid[2];

  always @(posedge clk) begin
    now <= wide_a * wide_b;
    later <= now;
    product <= later[15:0];
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) valid <= 3'b000;
    else valid <= {valid[1:0], valid_in};
endmodule
