// Debouncer: the output follows the input once it was stable for LIMIT clocks behind a
// synchroniser of two registers; `rose` and `fell` last one clock.
module debouncer #(parameter LIMIT = 6) (
  input      clk,
  input      rst_n,
  input      noisy,
  output reg clean,
  output reg rose,
  output reg fell
);
  reg [1:0] sync;
  reg [3:0] count;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) sync <= 2'b00;
    else        sync <= {sync[0], noisy};

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      count <= 4'd0;
      clean <= 1'b0;
      rose  <= 1'b0;
      fell  <= 1'b0;
    end else begin
      rose <= 1'b0;
      fell <= 1'b0;
      if (sync[1] == clean)
        count <= 4'd0;
      else if (count == LIMIT - 1) begin
        count <= 4'd0;
        clean <= sync[1];
        rose  <= sync[1];
        fell  <= !sync[1];
      end else
        count <= count + 4'd1;
    end
endmodule
