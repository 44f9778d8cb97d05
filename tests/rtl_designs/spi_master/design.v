// SPI master, mode 0 (sample on the rising edge, shift on the falling one), 8 bits, most
// significant first; sclk has a quarter of the clock's rate.
module spi_master (
  input            clk,
  input            rst_n,
  input            start,
  input      [7:0] tx_data,
  input            miso,
  output reg       sclk,
  output           mosi,
  output reg       cs_n,
  output reg [7:0] rx_data,
  output reg       done
);
  reg [7:0] out_shift, in_shift;
  reg [2:0] bits;
  reg phase;

  assign mosi = out_shift[7];

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      sclk      <= 1'b0;
      cs_n      <= 1'b1;
      done      <= 1'b0;
      phase     <= 1'b0;
      bits      <= 3'd0;
      out_shift <= 8'd0;
      in_shift  <= 8'd0;
      rx_data   <= 8'd0;
    end else begin
      done <= 1'b0;
      if (cs_n) begin
        if (start) begin
          cs_n      <= 1'b0;
          out_shift <= tx_data;
          bits      <= 3'd0;
          phase     <= 1'b0;
        end
      end else begin
        phase <= ~phase;
        if (phase) begin
          sclk <= ~sclk;
          if (!sclk)
            in_shift <= {in_shift[6:0], miso};
          else begin
            out_shift <= {out_shift[6:0], 1'b0};
            bits      <= bits + 3'd1;
            if (bits == 3'd7) begin
              cs_n    <= 1'b1;
              done    <= 1'b1;
              rx_data <= in_shift;
            end
          end
        end
      end
    end
endmodule
