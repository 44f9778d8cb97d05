// The same modulator counting down, the output set and cleared instead of compared.
module pwm_ref (
  input        clk,
  input        rst_n,
  input        load,
  input  [7:0] duty,
  output reg   out,
  output       period_start
);
  reg [7:0] left, width, waiting;
  wire [7:0] at = ~left;
  wire wraps = left == 8'h00;
  assign period_start = &left;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      left <= 8'hff;
      width <= 8'h00;
      waiting <= 8'h00;
    end else begin
      left <= left - 8'h01;
      if (load) waiting <= duty;
      if (wraps) width <= load ? duty : waiting;
    end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) out <= 1'b0;
    else if (at == width) out <= 1'b0;
    else if (period_start) out <= 1'b1;
endmodule
