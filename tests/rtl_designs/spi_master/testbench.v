`timescale 1ns/1ps
module spi_master_tb;
  reg clk = 0, rst_n = 0, start = 0;
  reg [7:0] tx_data = 0;
  wire sclk, mosi, cs_n, done;
  wire [7:0] rx_data;
  reg miso = 0;
  spi_master dut(.clk(clk), .rst_n(rst_n), .start(start), .tx_data(tx_data), .miso(miso),
                 .sclk(sclk), .mosi(mosi), .cs_n(cs_n), .rx_data(rx_data), .done(done));
  always #5 clk = ~clk;
  integer cycle = 0, edges = 0, i, waited, seed = 5;
  always @(posedge clk) cycle <= cycle + 1;

  // A slave in mode 0: it samples on rising edges and shifts out after falling ones.
  reg [7:0] slave_out, slave_in;
  always @(negedge cs_n) begin edges = 0; miso = slave_out[7]; end
  always @(posedge sclk) begin slave_in = {slave_in[6:0], mosi}; edges = edges + 1; end
  always @(negedge sclk) if (!cs_n) miso = slave_out[7 - (edges % 8)];

  task transfer(input [7:0] ours, input [7:0] theirs);
    begin
      slave_out = theirs;
      @(negedge clk) start = 1; tx_data = ours;
      @(negedge clk) start = 0; tx_data = ~ours;
      waited = 0;
      while (done !== 1'b1 && waited < 60) begin @(negedge clk) waited = waited + 1; end
      if (waited !== 32) $error("cycle %0d: done after %0d clocks, expected 32", cycle, waited);
      if (edges !== 8) $error("cycle %0d: sclk had %0d rising edges, expected 8", cycle, edges);
      if (slave_in !== ours) $error("cycle %0d: mosi carried %h, expected %h", cycle, slave_in, ours);
      if (rx_data !== theirs) $error("cycle %0d: rx_data is %h, expected %h", cycle, rx_data, theirs);
      if (cs_n !== 1'b1) $error("cycle %0d: cs_n is %b after a transfer", cycle, cs_n);
      @(negedge clk);
      if (done !== 1'b0) $error("cycle %0d: done lasts over one clock", cycle);
      if (sclk !== 1'b0) $error("cycle %0d: sclk is %b when idle", cycle, sclk);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1;
    @(negedge clk);
    if (cs_n !== 1'b1 || sclk !== 1'b0) $error("cycle %0d: cs_n is %b after reset", cycle, cs_n);
    transfer(8'ha5, 8'h3c);
    transfer(8'h01, 8'h80);
    for (i = 0; i < 8; i = i + 1) transfer($random(seed), $random(seed));
    $finish;
  end
endmodule
