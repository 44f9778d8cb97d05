// The same counter without a binary count: parity says which bit of the code changes.
module gray_counter_ref (
  input            clk,
  input            rst_n,
  input            clear,
  input            enable,
  input            down,
  output reg [3:0] gray,
  output reg       wrapped
);
  reg [3:0] flip;
  wire odd = ^gray ^ down;

  always @* begin
    if (!odd) flip = 4'b0001;
    else if (gray[0]) flip = 4'b0010;
    else if (gray[1]) flip = 4'b0100;
    else flip = 4'b1000;
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) {gray, wrapped} <= 5'd0;
    else if (clear) {gray, wrapped} <= 5'd0;
    else begin
      wrapped <= enable & (gray == (down ? 4'b0000 : 4'b1000));
      if (enable) gray <= gray ^ flip;
    end
endmodule
