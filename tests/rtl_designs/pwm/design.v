// Pulse width modulation with 8 bits; a new duty takes effect at the start of a period.
module pwm (
  input        clk,
  input        rst_n,
  input        load,
  input  [7:0] duty,
  output reg   out,
  output       period_start
);
  reg [7:0] count, active, pending;
  assign period_start = count == 8'd0;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      count   <= 8'd0;
      active  <= 8'd0;
      pending <= 8'd0;
      out     <= 1'b0;
    end else begin
      count <= count + 8'd1;
      if (load) pending <= duty;
      if (count == 8'd255) active <= load ? duty : pending;
      out <= count < active;
    end
endmodule
