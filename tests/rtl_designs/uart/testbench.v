`timescale 1ns/1ps
module uart_tb;
  reg clk = 0, rst_n = 0, tx_start = 0, rx = 1;
  reg [7:0] tx_data = 0;
  wire tx, tx_busy, rx_valid, rx_error;
  wire [7:0] rx_data;
  uart dut(.clk(clk), .rst_n(rst_n), .tx_start(tx_start), .tx_data(tx_data), .tx(tx),
           .tx_busy(tx_busy), .rx(rx), .rx_data(rx_data), .rx_valid(rx_valid),
           .rx_error(rx_error));
  always #5 clk = ~clk;
  integer cycle = 0, i, k, seed = 11, valids = 0, errors = 0;
  reg [7:0] heard;
  always @(posedge clk) begin
    cycle <= cycle + 1;
    if (rx_valid === 1'b1) begin valids <= valids + 1; heard <= rx_data; end
    if (rx_error === 1'b1) errors <= errors + 1;
  end

  // Send a byte and watch every clock of its frame.
  task send(input [7:0] value);
    reg [9:0] frame;
    begin
      frame = {1'b1, value, 1'b0};
      @(negedge clk) tx_start = 1; tx_data = value;
      @(negedge clk) tx_start = 0; tx_data = ~value;
      for (k = 0; k < 40; k = k + 1) begin
        if (tx !== frame[k / 4])
          $error("cycle %0d: tx is %b in bit %0d of %h", cycle, tx, k / 4, value);
        if (tx_busy !== 1'b1) $error("cycle %0d: tx_busy is %b in a frame", cycle, tx_busy);
        @(negedge clk);
      end
      if (tx_busy !== 1'b0) $error("cycle %0d: tx_busy is %b after a frame", cycle, tx_busy);
      if (tx !== 1'b1) $error("cycle %0d: tx is %b when idle", cycle, tx);
    end
  endtask

  // Receive a byte whose bits last 4 clocks; a bad stop bit must be reported.
  task hear(input [7:0] value, input stop);
    integer earlier, wrong;
    begin
      earlier = valids; wrong = errors;
      @(negedge clk) rx = 0;
      repeat (4) @(negedge clk);
      for (k = 0; k < 8; k = k + 1) begin rx = value[k]; repeat (4) @(negedge clk); end
      rx = stop; repeat (4) @(negedge clk);
      rx = 1; repeat (12) @(negedge clk);
      if (stop && (valids !== earlier + 1 || heard !== value))
        $error("cycle %0d: rx_data is %h, expected %h (%0d valid)", cycle, heard, value,
               valids - earlier);
      if (!stop && errors === wrong) $error("cycle %0d: rx_error was not raised", cycle);
    end
  endtask

  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1;
    @(negedge clk);
    if (tx !== 1'b1 || tx_busy !== 1'b0) $error("cycle %0d: tx is %b after reset", cycle, tx);
    for (i = 0; i < 6; i = i + 1) send(i == 0 ? 8'h55 : i == 1 ? 8'h80 : $random(seed));
    for (i = 0; i < 6; i = i + 1) hear(i == 0 ? 8'hc3 : i == 1 ? 8'h01 : $random(seed), 1);
    hear(8'hff, 0);
    // A glitch shorter than half a bit is no start bit.
    @(negedge clk) rx = 0;
    @(negedge clk) rx = 1;
    i = valids + errors;
    repeat (60) @(negedge clk);
    if (valids + errors !== i) $error("cycle %0d: rx_valid after a glitch", cycle);
    hear(8'h7e, 1);
    $finish;
  end
endmodule
