// spec: A round-robin arbiter for three requests: grant is one-hot or 0 and is set at a rising clk. The search begins with the request after the one last granted; after rst it begins with request 0. keep at @N@ leaves the grant as it is while that request stays.
// difficulty: 0.8
// sizes: 0 1
module @TOP@(input clk, input rst, input keep, input [2:0] req, output reg [2:0] grant);
  reg [1:0] first;
  reg [2:0] pick;
  always @* begin
    case (first)
      2'd1: pick = req[1] ? 3'b010 : req[2] ? 3'b100 : req[0] ? 3'b001 : 3'b000;
      2'd2: pick = req[2] ? 3'b100 : req[0] ? 3'b001 : req[1] ? 3'b010 : 3'b000;
      default: pick = req[0] ? 3'b001 : req[1] ? 3'b010 : req[2] ? 3'b100 : 3'b000;
    endcase
  end
  always @(posedge clk) begin
    if (rst) begin
      grant <= 3'b000;
      first <= 2'd0;
    end else if (!(keep == 1'b@N@ && (grant & req) != 3'b000)) begin
      grant <= pick;
      if (pick[0]) first <= 2'd1;
      else if (pick[1]) first <= 2'd2;
      else if (pick[2]) first <= 2'd0;
    end
  end
endmodule
