// Four read-write registers of 32 bits behind AXI4-Lite, with byte strobes. Address and data of a
// write may come in any order; addresses above the last register answer SLVERR.
module axil_regs (
  input             aclk,
  input             aresetn,
  input      [4:0]  awaddr,
  input             awvalid,
  output            awready,
  input      [31:0] wdata,
  input      [3:0]  wstrb,
  input             wvalid,
  output            wready,
  output reg [1:0]  bresp,
  output reg        bvalid,
  input             bready,
  input      [4:0]  araddr,
  input             arvalid,
  output            arready,
  output reg [31:0] rdata,
  output reg [1:0]  rresp,
  output reg        rvalid,
  input             rready
);
  localparam OKAY = 2'b00, SLVERR = 2'b10;
  reg [31:0] regs [0:3];
  reg        have_addr, have_data;
  reg [4:0]  addr;
  reg [31:0] data;
  reg [3:0]  strb;
  integer    i;

  assign awready = !have_addr;
  assign wready  = !have_data;
  wire   commit  = have_addr && have_data && (!bvalid || bready);

  always @(posedge aclk or negedge aresetn)
    if (!aresetn) begin
      have_addr <= 1'b0;
      have_data <= 1'b0;
      addr      <= 5'd0;
      data      <= 32'd0;
      strb      <= 4'd0;
    end else begin
      if (awvalid && awready) begin
        have_addr <= 1'b1;
        addr      <= awaddr;
      end else if (commit) have_addr <= 1'b0;
      if (wvalid && wready) begin
        have_data <= 1'b1;
        data      <= wdata;
        strb      <= wstrb;
      end else if (commit) have_data <= 1'b0;
    end

  always @(posedge aclk or negedge aresetn)
    if (!aresetn) begin
      bvalid <= 1'b0;
      bresp  <= OKAY;
      for (i = 0; i < 4; i = i + 1) regs[i] <= 32'd0;
    end else begin
      if (bvalid && bready) bvalid <= 1'b0;
      if (commit) begin
        bvalid <= 1'b1;
        bresp  <= addr[4] ? SLVERR : OKAY;
        for (i = 0; i < 4; i = i + 1)
          if (strb[i] && !addr[4]) regs[addr[3:2]][8*i +: 8] <= data[8*i +: 8];
      end
    end

  assign arready = !rvalid || rready;

  always @(posedge aclk or negedge aresetn)
    if (!aresetn) begin
      rvalid <= 1'b0;
      rdata  <= 32'd0;
      rresp  <= OKAY;
    end else begin
      if (arvalid && arready) begin
        rvalid <= 1'b1;
        rdata  <= araddr[4] ? 32'd0 : regs[araddr[3:2]];
        rresp  <= araddr[4] ? SLVERR : OKAY;
      end else if (rready) rvalid <= 1'b0;
    end
endmodule
