// The same master with one counter over the 32 clocks of a transfer.
module spi_master_ref (
  input            clk,
  input            rst_n,
  input            start,
  input      [7:0] tx_data,
  input            miso,
  output           sclk,
  output           mosi,
  output           cs_n,
  output reg [7:0] rx_data,
  output reg       done
);
  reg [4:0] at;
  reg active;
  reg [7:0] word, got;
  wire [3:0] place = {1'b0, at[4:2]};

  assign cs_n = ~active;
  assign sclk = active & at[1];
  assign mosi = active & word[3'd7 - place[2:0]];

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      active <= 1'b0;
      at <= 5'd0;
      word <= 8'd0;
      got <= 8'd0;
      rx_data <= 8'd0;
      done <= 1'b0;
    end else begin
      done <= active && at == 5'd31;
      if (!active) begin
        at <= 5'd0;
        active <= start;
        if (start) word <= tx_data;
      end else begin
        at <= at + 5'd1;
        if (at[1:0] == 2'd1) got[3'd7 - place[2:0]] <= miso;
        if (at == 5'd31) begin
          active <= 1'b0;
          rx_data <= got;
        end
      end
    end
endmodule
