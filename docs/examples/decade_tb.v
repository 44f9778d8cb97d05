`timescale 1ns/1ns
module decade_tb;
  reg clk = 0, rst = 1, en = 0;
  wire [3:0] q;
  wire carry;
  reg [3:0] expected = 0;
  integer i;

  decade dut(.clk(clk), .rst(rst), .en(en), .q(q), .carry(carry));

  always #5 clk = ~clk;

  initial begin
    @(negedge clk);
    for (i = 0; i < 400; i = i + 1) begin
      rst = i < 2 || i % 97 == 0;
      en = i % 5 != 3;
      #1;
      if (i > 2 && carry !== (en && expected == 9))
        $error("carry is %b at q %0d", carry, q);
      @(posedge clk);
      expected = rst ? 0 : en ? (expected == 9 ? 0 : expected + 1) : expected;
      @(negedge clk);
      if (q !== expected)
        $error("q is %0d, expected %0d", q, expected);
    end
    $finish;
  end
endmodule
