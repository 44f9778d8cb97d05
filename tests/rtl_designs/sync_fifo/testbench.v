`timescale 1ns/1ps
module sync_fifo_tb;
  reg clk = 0, rst_n = 0, wr_en = 0, rd_en = 0;
  reg [7:0] wr_data = 0;
  wire [7:0] rd_data;
  wire full, empty;
  wire [2:0] level;
  sync_fifo dut(.clk(clk), .rst_n(rst_n), .wr_en(wr_en), .wr_data(wr_data), .rd_en(rd_en),
                .rd_data(rd_data), .full(full), .empty(empty), .level(level));
  always #5 clk = ~clk;

  reg [7:0] queue [0:63];
  integer head = 0, count = 0, cycle = 0, seed = 3;
  wire [7:0] oldest = queue[head % 64];

  task check;
    begin
      if (level !== count) $error("cycle %0d: level is %0d, expected %0d", cycle, level, count);
      if (full !== (count == 4)) $error("cycle %0d: full is %b at level %0d", cycle, full, count);
      if (empty !== (count == 0)) $error("cycle %0d: empty is %b at level %0d", cycle, empty, count);
      if (count != 0 && rd_data !== oldest)
        $error("cycle %0d: rd_data is %h, expected %h", cycle, rd_data, oldest);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1;
    repeat (400) begin
      // Fills first, then empties, then both: every level is met from both sides.
      wr_en = (cycle % 40 < 12) || ($random(seed) & 1);
      rd_en = (cycle % 40 >= 12 && cycle % 40 < 24) || ($random(seed) & 1);
      wr_data = $random(seed);
      #1 check;
      @(posedge clk);
      begin : model
        reg pushed, popped;
        pushed = wr_en && count < 4;
        popped = rd_en && count > 0;
        if (pushed) queue[(head + count) % 64] = wr_data;
        if (popped) head = head + 1;
        count = count + pushed - popped;
      end
      cycle = cycle + 1;
      @(negedge clk);
    end
    $finish;
  end
endmodule
