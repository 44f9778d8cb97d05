// Multiplier of two 8-bit numbers in three stages, signed where asked, with a valid bit alongside.
module pipe_mult (
  input             clk,
  input             rst_n,
  input             valid_in,
  input             is_signed,
  input      [7:0]  a,
  input      [7:0]  b,
  output reg        valid_out,
  output reg [15:0] product
);
  reg        valid1, valid2, negate1, negate2;
  reg [7:0]  a1, b1;
  reg [11:0] low2, high2;

  wire [7:0] a_abs = is_signed && a[7] ? -a : a;
  wire [7:0] b_abs = is_signed && b[7] ? -b : b;
  wire [15:0] sum  = {4'd0, low2} + {high2, 4'd0};

  always @(posedge clk) begin
    a1      <= a_abs;
    b1      <= b_abs;
    negate1 <= is_signed && (a[7] ^ b[7]);
    low2    <= a1 * b1[3:0];
    high2   <= a1 * b1[7:4];
    negate2 <= negate1;
    product <= negate2 ? -sum : sum;
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      valid1    <= 1'b0;
      valid2    <= 1'b0;
      valid_out <= 1'b0;
    end else begin
      valid1    <= valid_in;
      valid2    <= valid1;
      valid_out <= valid2;
    end
endmodule
