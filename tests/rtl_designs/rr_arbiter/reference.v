// The same arbiter with the number of the last winner and a loop around the circle.
module rr_arbiter_ref (
  input            clk,
  input            rst_n,
  input      [3:0] request,
  output reg [3:0] grant
);
  reg [1:0] next;
  reg [1:0] winner, at;
  reg found;
  integer i;

  always @* begin
    found = 1'b0;
    winner = next;
    at = next;
    for (i = 0; i < 4; i = i + 1) begin
      at = next + i[1:0];
      if (!found && request[at]) begin
        found = 1'b1;
        winner = at;
      end
    end
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      grant <= 4'd0;
      next <= 2'd0;
    end else if ((grant & request) == 4'd0) begin
      grant <= found ? 4'd1 << winner : 4'd0;
      if (found) next <= winner + 2'd1;
    end
endmodule
