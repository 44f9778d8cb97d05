`timescale 1ns/1ps
module crc32_tb;
  reg clk = 0, rst = 1, init = 0, valid = 0;
  reg [7:0] data = 0;
  wire [31:0] crc;
  crc32 dut(.clk(clk), .rst(rst), .init(init), .valid(valid), .data(data), .crc(crc));
  always #5 clk = ~clk;
  integer cycle = 0, i;
  always @(posedge clk) cycle <= cycle + 1;

  task begin_message;
    begin @(negedge clk) init = 1; @(negedge clk) init = 0; end
  endtask
  task send(input [7:0] value);
    begin
      valid = 1; data = value; @(negedge clk);
      // A pause with other data on the bus must not count.
      valid = 0; data = ~value; @(negedge clk);
    end
  endtask
  task expect_crc(input [31:0] wanted);
    if (crc !== wanted) $error("cycle %0d: crc is %h, expected %h", cycle, crc, wanted);
  endtask

  reg [71:0] digits = "123456789";
  initial begin
    repeat (2) @(negedge clk);
    rst = 0;
    begin_message;
    expect_crc(32'h00000000);
    // The check value of the catalogue of CRCs, and that of one zero byte.
    for (i = 8; i >= 0; i = i - 1) send(digits[8*i +: 8]);
    expect_crc(32'hCBF43926);
    begin_message;
    send(8'h00);
    expect_crc(32'hD202EF8D);
    begin_message;
    send("a");
    expect_crc(32'hE8B7BE43);
    $finish;
  end
endmodule
