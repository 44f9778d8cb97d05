`timescale 1ns/1ps
module pwm_tb;
  reg clk = 0, rst_n = 0, load = 0;
  reg [7:0] duty = 0;
  wire out, period_start;
  pwm dut(.clk(clk), .rst_n(rst_n), .load(load), .duty(duty), .out(out),
          .period_start(period_start));
  always #5 clk = ~clk;
  integer cycle = 0, high, i, k, seed = 2;
  reg [7:0] wanted, now;

  // One period, with the load of the next duty at a given place in it.
  task period(input [7:0] next, input integer place);
    begin
      high = 0;
      for (k = 0; k < 256; k = k + 1) begin
        load = k == place; duty = k == place ? next : $random(seed);
        if (period_start !== (k == 0))
          $error("cycle %0d: period_start is %b at %0d", cycle, period_start, k);
        @(posedge clk); #1;
        if (out !== (k < now)) $error("cycle %0d: out is %b at %0d of %0d", cycle, out, k, now);
        cycle = cycle + 1;
        @(negedge clk);
      end
      now = next;
    end
  endtask

  initial begin
    now = 0;
    repeat (2) @(negedge clk);
    rst_n = 1;
    if (out !== 1'b0) $error("cycle %0d: out is %b in reset", cycle, out);
    period(8'd10, 3);
    period(8'd255, 0);
    period(8'd128, 200);
    period(8'd0, 7);
    period(8'd1, 99);
    period(8'd77, 128);
    period(8'd9, 4);
    $finish;
  end
endmodule
