`timescale 1ns/1ps
module pipe_mult_tb;
  reg clk = 0, rst_n = 0, valid_in = 0, is_signed = 0;
  reg [7:0] a = 0, b = 0;
  wire valid_out;
  wire [15:0] product;
  pipe_mult dut(.clk(clk), .rst_n(rst_n), .valid_in(valid_in), .is_signed(is_signed), .a(a), .b(b),
                .valid_out(valid_out), .product(product));
  always #5 clk = ~clk;
  integer cycle = 0, i, seed = 6, x, y;
  reg [16:0] expected [0:3];

  initial begin
    for (i = 0; i < 4; i = i + 1) expected[i] = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    repeat (300) begin
      valid_in = $random(seed); is_signed = $random(seed);
      a = $random(seed); b = $random(seed);
      if (cycle % 16 == 3) begin a = 8'h80; b = 8'h80; end
      if (cycle % 16 == 7) begin a = 8'hff; b = 8'hff; end
      if (is_signed) begin x = $signed(a); y = $signed(b); end
      else begin x = a; y = b; end
      x = x * y;
      expected[3] = expected[2]; expected[2] = expected[1]; expected[1] = expected[0];
      expected[0] = {valid_in, x[15:0]};
      @(posedge clk); #1;
      cycle = cycle + 1;
      if (valid_out !== expected[2][16])
        $error("cycle %0d: valid_out is %b, expected %b", cycle, valid_out, expected[2][16]);
      if (expected[2][16] && product !== expected[2][15:0])
        $error("cycle %0d: product is %h, expected %h", cycle, product, expected[2][15:0]);
      @(negedge clk);
    end
    $finish;
  end
endmodule
