// The same slave with named registers, a mask for the strobes and next-state logic apart.
module axil_regs_ref (
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
  output            bvalid,
  input             bready,
  input      [4:0]  araddr,
  input             arvalid,
  output            arready,
  output     [31:0] rdata,
  output reg [1:0]  rresp,
  output            rvalid,
  input             rready
);
  reg [31:0] r0, r1, r2, r3, held, answer, selected;
  reg [3:0]  lanes;
  reg [4:0]  place;
  reg        a_full, d_full, b_full, r_full;

  assign awready = ~a_full;
  assign wready  = ~d_full;
  assign bvalid  = b_full;
  assign arready = ~(r_full & ~rready);
  assign rvalid  = r_full;
  assign rdata   = answer;

  wire write = a_full & d_full & ~(b_full & ~bready);
  wire [31:0] mask = {{8{lanes[3]}}, {8{lanes[2]}}, {8{lanes[1]}}, {8{lanes[0]}}};

  always @* begin
    selected = r0;
    case (araddr[3:2])
      2'd1: selected = r1;
      2'd2: selected = r2;
      2'd3: selected = r3;
      default: selected = r0;
    endcase
    if (araddr[4]) selected = 32'd0;
  end

  always @(posedge aclk or negedge aresetn)
    if (!aresetn) begin
      {r0, r1, r2, r3} <= 128'd0;
      {held, answer, lanes, place} <= 73'd0;
      {a_full, d_full, b_full, r_full, bresp, rresp} <= 8'd0;
    end else begin
      a_full <= a_full ? ~write : awvalid;
      d_full <= d_full ? ~write : wvalid;
      if (awvalid & ~a_full) place <= awaddr;
      if (wvalid & ~d_full) {held, lanes} <= {wdata, wstrb};
      b_full <= write | (b_full & ~bready);
      if (write) begin
        bresp <= {place[4], 1'b0};
        if (place[4:2] == 3'd0) r0 <= (r0 & ~mask) | (held & mask);
        if (place[4:2] == 3'd1) r1 <= (r1 & ~mask) | (held & mask);
        if (place[4:2] == 3'd2) r2 <= (r2 & ~mask) | (held & mask);
        if (place[4:2] == 3'd3) r3 <= (r3 & ~mask) | (held & mask);
      end
      r_full <= (arvalid & arready) | (r_full & ~rready);
      if (arvalid & arready) begin
        answer <= selected;
        rresp <= {araddr[4], 1'b0};
      end
    end
endmodule
