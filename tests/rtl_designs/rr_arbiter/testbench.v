`timescale 1ns/1ps
module rr_arbiter_tb;
  reg clk = 0, rst_n = 0;
  reg [3:0] request = 0;
  wire [3:0] grant;
  rr_arbiter dut(.clk(clk), .rst_n(rst_n), .request(request), .grant(grant));
  always #5 clk = ~clk;
  integer cycle = 0, seed = 21, i, last = 3, turn;
  reg [3:0] earlier, expected;

  // What the rule says: hold while requested, else the next in the circle after the last winner.
  task step;
    begin
      earlier = grant; expected = 0;
      if (|(earlier & request)) expected = earlier;
      else for (i = 4; i >= 1; i = i - 1) if (request[(last + i) % 4]) turn = (last + i) % 4;
      if (!(|(earlier & request)) && |request) begin expected = 1 << turn; last = turn; end
      @(posedge clk); #1;
      cycle = cycle + 1;
      if (grant !== expected)
        $error("cycle %0d: grant is %b, expected %b (request %b)", cycle, grant, expected, request);
      @(negedge clk);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1;
    if (grant !== 4'd0) $error("cycle %0d: grant is %b in reset", cycle, grant);
    // Everyone asks, and each gives up after one clock: the circle is seen twice.
    request = 4'hf;
    repeat (16) begin step; request = 4'hf & ~grant; step; request = 4'hf; end
    repeat (200) begin
      if ($random(seed) & 1) request = $random(seed);
      step;
    end
    $finish;
  end
endmodule
