// The same debouncer as a history of the last six synchronised values.
module debouncer_ref (
  input      clk,
  input      rst_n,
  input      noisy,
  output reg clean,
  output reg rose,
  output reg fell
);
  reg early, late;
  reg [4:0] differs;
  wire now = late ^ clean;
  wire flip = now & (&differs);

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      {early, late, clean, rose, fell} <= 5'd0;
      differs <= 5'd0;
    end else begin
      early <= noisy;
      late <= early;
      differs <= flip ? 5'd0 : {differs[3:0], now} & {5{now}};
      clean <= clean ^ flip;
      rose <= flip & ~clean;
      fell <= flip & clean;
    end
endmodule
