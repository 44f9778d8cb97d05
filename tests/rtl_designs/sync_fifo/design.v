// Synchronous FIFO, first word falls through. A write into a full FIFO and a read of an empty
// one are ignored.
module sync_fifo #(
  parameter WIDTH = 8,
  parameter ADDR  = 2
) (
  input                  clk,
  input                  rst_n,
  input                  wr_en,
  input      [WIDTH-1:0] wr_data,
  input                  rd_en,
  output     [WIDTH-1:0] rd_data,
  output                 full,
  output                 empty,
  output     [ADDR:0]    level
);
  reg [WIDTH-1:0] mem [0:(1<<ADDR)-1];
  reg [ADDR:0] wr_ptr, rd_ptr;

  assign level = wr_ptr - rd_ptr;
  assign empty = wr_ptr == rd_ptr;
  assign full  = wr_ptr == {~rd_ptr[ADDR], rd_ptr[ADDR-1:0]};

  wire push = wr_en && !full;
  wire pop  = rd_en && !empty;

  always @(posedge clk)
    if (push) mem[wr_ptr[ADDR-1:0]] <= wr_data;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      wr_ptr <= 0;
      rd_ptr <= 0;
    end else begin
      if (push) wr_ptr <= wr_ptr + 1'b1;
      if (pop)  rd_ptr <= rd_ptr + 1'b1;
    end

  assign rd_data = empty ? {WIDTH{1'b0}} : mem[rd_ptr[ADDR-1:0]];
endmodule
