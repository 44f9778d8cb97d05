`timescale 1ns/1ps
module debouncer_tb;
  reg clk = 0, rst_n = 0, noisy = 0;
  wire clean, rose, fell;
  debouncer dut(.clk(clk), .rst_n(rst_n), .noisy(noisy), .clean(clean), .rose(rose), .fell(fell));
  always #5 clk = ~clk;
  integer cycle = 0, i, seed = 4;
  reg expected = 0;
  reg [15:0] seen = 0;

  // The input as the design may have seen it two clocks ago, six values of it.
  task tick(input value);
    begin
      noisy = value;
      @(posedge clk); #1;
      cycle = cycle + 1;
      if (&seen[6:1] && !expected) begin
        expected = 1;
        if (rose !== 1'b1) $error("cycle %0d: rose is %b, expected 1", cycle, rose);
      end else if (~|seen[6:1] && expected) begin
        expected = 0;
        if (fell !== 1'b1) $error("cycle %0d: fell is %b, expected 1", cycle, fell);
      end else if (rose !== 1'b0 || fell !== 1'b0)
        $error("cycle %0d: rose %b, fell %b without a change", cycle, rose, fell);
      if (clean !== expected) $error("cycle %0d: clean is %b, expected %b", cycle, clean, expected);
      seen = {seen[14:0], value};
      @(negedge clk);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1;
    repeat (12) tick(1'b0);
    // A press that bounces, is held, and is let go with bounces.
    for (i = 1; i < 6; i = i + 1) begin repeat (i) tick(1'b1); tick(1'b0); end
    repeat (14) tick(1'b1);
    for (i = 1; i < 6; i = i + 1) begin repeat (i) tick(1'b0); tick(1'b1); end
    repeat (14) tick(1'b0);
    repeat (300) tick($random(seed));
    $finish;
  end
endmodule
