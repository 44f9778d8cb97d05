// Round-robin arbiter for four requesters. A grant is held while its request stays; then the next
// one after it in the circle is served.
module rr_arbiter (
  input            clk,
  input            rst_n,
  input      [3:0] request,
  output reg [3:0] grant
);
  reg [3:0] mask;
  wire [3:0] masked  = request & mask;
  wire [3:0] first   = masked & (~masked + 4'd1);
  wire [3:0] any     = request & (~request + 4'd1);
  wire [3:0] chosen  = |masked ? first : any;
  wire       held    = |(grant & request);

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      grant <= 4'b0000;
      mask  <= 4'b1111;
    end else if (!held) begin
      grant <= chosen;
      if (|chosen) mask <= ~(chosen | (chosen - 4'd1));
    end
endmodule
