// The same UART for 4 clocks per bit, each half with one counter over the whole frame.
module uart_ref (
  input            clk,
  input            rst_n,
  input            tx_start,
  input      [7:0] tx_data,
  output           tx,
  output           tx_busy,
  input            rx,
  output reg [7:0] rx_data,
  output reg       rx_valid,
  output reg       rx_error
);
  // Transmit: a frame of ten bits, least significant first; its place is the count / 4.
  reg [8:0] frame;
  reg [5:0] sent;
  reg sending;
  assign tx = !sending || (sent[5:2] == 4'd0 ? 1'b0 : frame[sent[5:2] - 4'd1]);
  assign tx_busy = sending;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      sending <= 1'b0;
      sent <= 6'd0;
      frame <= 9'd0;
    end else if (!sending) begin
      sending <= tx_start;
      sent <= 6'd0;
      if (tx_start) frame <= {1'b1, tx_data};
    end else begin
      sent <= sent + 6'd1;
      sending <= sent != 6'd39;
    end

  // Receive: the middle of the start bit is at 1, of the other bits every 4 later.
  reg first, line, listening;
  reg [5:0] heard;
  reg [7:0] bits;
  wire sample = heard[1:0] == 2'd1;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) {line, first} <= 2'b11;
    else        {line, first} <= {first, rx};
  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      listening <= 1'b0;
      heard <= 6'd0;
      bits <= 8'd0;
      {rx_data, rx_valid, rx_error} <= 10'd0;
    end else begin
      {rx_valid, rx_error} <= 2'b00;
      heard <= listening ? heard + 6'd1 : 6'd0;
      if (!listening) listening <= !line;
      else if (sample && heard == 6'd1) listening <= !line;
      else if (sample && heard == 6'd37) begin
        listening <= 1'b0;
        {rx_valid, rx_error} <= line ? 2'b10 : 2'b01;
        if (line) rx_data <= bits;
      end else if (sample) bits <= {line, bits[7:1]};
    end
endmodule
