`timescale 1ns/1ps
module gray_counter_tb;
  reg clk = 0, rst_n = 0, clear = 0, enable = 0, down = 0;
  wire [3:0] gray;
  wire wrapped;
  gray_counter dut(.clk(clk), .rst_n(rst_n), .clear(clear), .enable(enable), .down(down),
                   .gray(gray), .wrapped(wrapped));
  always #5 clk = ~clk;
  integer cycle = 0, seed = 8;
  reg [3:0] place = 0, earlier = 0, change;
  reg wraps = 0;

  task tick;
    begin
      wraps = !clear && enable && place == (down ? 4'd0 : 4'd15);
      if (clear) place = 0; else if (enable) place = down ? place - 1 : place + 1;
      earlier = gray;
      @(posedge clk); #1;
      cycle = cycle + 1;
      change = gray ^ earlier;
      if (gray !== (place ^ (place >> 1)))
        $error("cycle %0d: gray is %b, expected %b", cycle, gray, place ^ (place >> 1));
      if (!clear && (change & (change - 4'd1)) !== 4'd0)
        $error("cycle %0d: gray changes in more than one bit", cycle);
      if (wrapped !== wraps) $error("cycle %0d: wrapped is %b, expected %b", cycle, wrapped, wraps);
      @(negedge clk);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1;
    if (gray !== 4'd0) $error("cycle %0d: gray is %b in reset", cycle, gray);
    enable = 1;
    repeat (40) tick;
    down = 1;
    repeat (40) tick;
    repeat (200) begin
      enable = $random(seed); down = $random(seed); clear = ($random(seed) & 15) == 0;
      tick;
    end
    $finish;
  end
endmodule
