`timescale 1ns/1ps
module axil_regs_tb;
  reg aclk = 0, aresetn = 0;
  reg [4:0] awaddr = 0, araddr = 0;
  reg awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
  reg [31:0] wdata = 0;
  reg [3:0] wstrb = 0;
  wire awready, wready, bvalid, arready, rvalid;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata;
  axil_regs dut(.aclk(aclk), .aresetn(aresetn), .awaddr(awaddr), .awvalid(awvalid),
    .awready(awready), .wdata(wdata), .wstrb(wstrb), .wvalid(wvalid), .wready(wready),
    .bresp(bresp), .bvalid(bvalid), .bready(bready), .araddr(araddr), .arvalid(arvalid),
    .arready(arready), .rdata(rdata), .rresp(rresp), .rvalid(rvalid), .rready(rready));
  always #5 aclk = ~aclk;
  integer cycle = 0, i, k, waited, seed = 9;
  always @(posedge aclk) cycle <= cycle + 1;
  reg [31:0] model [0:3];

  task put_address(input [4:0] address);
    begin
      awaddr = address; awvalid = 1; waited = 0;
      while (awready !== 1'b1 && waited < 20) begin @(negedge aclk); waited = waited + 1; end
      if (waited == 20) $error("cycle %0d: awready never came", cycle);
      @(negedge aclk) awvalid = 0; awaddr = ~address;
    end
  endtask
  task put_data(input [31:0] value, input [3:0] strobes);
    begin
      wdata = value; wstrb = strobes; wvalid = 1; waited = 0;
      while (wready !== 1'b1 && waited < 20) begin @(negedge aclk); waited = waited + 1; end
      if (waited == 20) $error("cycle %0d: wready never came", cycle);
      @(negedge aclk) wvalid = 0; wdata = ~value;
    end
  endtask
  task write(input [4:0] address, input [31:0] value, input [3:0] strobes, input data_first);
    begin
      if (data_first) begin put_data(value, strobes); put_address(address); end
      else begin put_address(address); put_data(value, strobes); end
      waited = 0;
      while (bvalid !== 1'b1 && waited < 20) begin @(negedge aclk); waited = waited + 1; end
      if (waited == 20) $error("cycle %0d: bvalid never came", cycle);
      if (bresp !== {address[4], 1'b0})
        $error("cycle %0d: bresp is %b for address %h", cycle, bresp, address);
      // The answer must wait for its taker.
      repeat (2) @(negedge aclk);
      if (bvalid !== 1'b1) $error("cycle %0d: bvalid fell before bready", cycle);
      bready = 1; @(negedge aclk) bready = 0;
      if (bvalid !== 1'b0) $error("cycle %0d: bvalid stays after bready", cycle);
      if (!address[4])
        for (k = 0; k < 4; k = k + 1)
          if (strobes[k]) model[address[3:2]][8*k +: 8] = value[8*k +: 8];
    end
  endtask
  task read(input [4:0] address);
    begin
      araddr = address; arvalid = 1; waited = 0;
      while (arready !== 1'b1 && waited < 20) begin @(negedge aclk); waited = waited + 1; end
      @(negedge aclk) arvalid = 0; araddr = ~address;
      repeat (2) @(negedge aclk);
      if (rvalid !== 1'b1) $error("cycle %0d: rvalid is %b, expected 1", cycle, rvalid);
      if (rresp !== {address[4], 1'b0})
        $error("cycle %0d: rresp is %b for address %h", cycle, rresp, address);
      if (rdata !== (address[4] ? 32'd0 : model[address[3:2]]))
        $error("cycle %0d: rdata is %h, expected %h", cycle, rdata, model[address[3:2]]);
      rready = 1; @(negedge aclk) rready = 0;
      if (rvalid !== 1'b0) $error("cycle %0d: rvalid stays after rready", cycle);
    end
  endtask

  initial begin
    for (i = 0; i < 4; i = i + 1) model[i] = 0;
    repeat (2) @(negedge aclk);
    aresetn = 1;
    @(negedge aclk);
    for (i = 0; i < 4; i = i + 1) read(4 * i);
    for (i = 0; i < 4; i = i + 1) write(4 * i, $random(seed), 4'hf, i[0]);
    for (i = 0; i < 4; i = i + 1) read(4 * i);
    for (i = 0; i < 24; i = i + 1) begin
      write($random(seed), $random(seed), $random(seed), i[0]);
      read($random(seed));
    end
    for (i = 0; i < 4; i = i + 1) read(4 * i);
    $finish;
  end
endmodule
