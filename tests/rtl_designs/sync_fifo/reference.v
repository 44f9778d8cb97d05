// The same FIFO as a shift register with a count: word 0 is always the oldest.
module sync_fifo_ref (
  input            clk,
  input            rst_n,
  input            wr_en,
  input      [7:0] wr_data,
  input            rd_en,
  output reg [7:0] rd_data,
  output           full,
  output           empty,
  output     [2:0] level
);
  reg [7:0] w0, w1, w2, w3;
  reg [2:0] count;
  reg [2:0] at;
  reg take, put;

  assign level = count;
  assign full  = count == 3'd4;
  assign empty = count == 3'd0;

  always @* begin
    put  = wr_en & ~full;
    take = rd_en & ~empty;
    at   = count - {2'b00, take};
    rd_data = empty ? 8'd0 : w0;
  end

  always @(posedge clk) begin
    if (take) begin w0 <= w1; w1 <= w2; w2 <= w3; end
    if (put)
      case (at)
        3'd0: w0 <= wr_data;
        3'd1: w1 <= wr_data;
        3'd2: w2 <= wr_data;
        default: w3 <= wr_data;
      endcase
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) count <= 3'd0;
    else case ({put, take})
      2'b10: count <= count + 3'd1;
      2'b01: count <= count - 3'd1;
      default: count <= count;
    endcase
endmodule
