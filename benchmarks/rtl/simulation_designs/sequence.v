// spec: A Mealy machine: hit is 1 in the cycle in which the last four values of x at rising edges of clk are, oldest first, 1, 0, 1 and the present x is @N@; overlaps count. rst at 1 forgets all.
// difficulty: 0.7
// sizes: 1 0
module @TOP@(input clk, input rst, input x, output hit);
  localparam NONE = 2'd0, ONE = 2'd1, TWO = 2'd2, THREE = 2'd3;
  reg [1:0] state;
  assign hit = state == THREE && x == 1'b@N@;
  always @(posedge clk) begin
    if (rst) state <= NONE;
    else begin
      case (state)
        NONE: state <= x ? ONE : NONE;
        ONE: state <= x ? ONE : TWO;
        TWO: state <= x ? THREE : NONE;
        default: state <= x ? ONE : TWO;
      endcase
    end
  end
endmodule
