// Gray-code counter of four bits, up and down, with enable and synchronous clear.
module gray_counter (
  input            clk,
  input            rst_n,
  input            clear,
  input            enable,
  input            down,
  output reg [3:0] gray,
  output reg       wrapped
);
  reg [3:0] count;
  wire [3:0] next = down ? count - 4'd1 : count + 4'd1;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      count   <= 4'd0;
      gray    <= 4'd0;
      wrapped <= 1'b0;
    end else if (clear) begin
      count   <= 4'd0;
      gray    <= 4'd0;
      wrapped <= 1'b0;
    end else begin
      wrapped <= enable && (down ? count == 4'd0 : count == 4'd15);
      if (enable) begin
        count <= next;
        gray  <= next ^ (next >> 1);
      end
    end
endmodule
