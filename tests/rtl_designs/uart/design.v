// UART, 8 data bits, no parity, one stop bit; DIV clocks per bit.
module uart #(parameter DIV = 4) (
  input        clk,
  input        rst_n,
  input        tx_start,
  input  [7:0] tx_data,
  output       tx,
  output       tx_busy,
  input        rx,
  output [7:0] rx_data,
  output       rx_valid,
  output       rx_error
);
  uart_tx #(.DIV(DIV)) u_tx (.clk(clk), .rst_n(rst_n), .start(tx_start), .data(tx_data),
                             .tx(tx), .busy(tx_busy));
  uart_rx #(.DIV(DIV)) u_rx (.clk(clk), .rst_n(rst_n), .rx(rx), .data(rx_data),
                             .valid(rx_valid), .error(rx_error));
endmodule

module uart_tx #(parameter DIV = 4) (
  input            clk,
  input            rst_n,
  input            start,
  input      [7:0] data,
  output reg       tx,
  output           busy
);
  localparam IDLE = 2'd0, START = 2'd1, DATA = 2'd2, STOP = 2'd3;
  reg [1:0] state;
  reg [7:0] shift;
  reg [2:0] index;
  reg [7:0] ticks;
  wire last = ticks == DIV - 1;

  assign busy = state != IDLE;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      state <= IDLE;
      tx    <= 1'b1;
      shift <= 8'd0;
      index <= 3'd0;
      ticks <= 8'd0;
    end else if (state == IDLE) begin
      if (start) begin
        state <= START;
        shift <= data;
        tx    <= 1'b0;
        ticks <= 8'd0;
      end
    end else if (!last)
      ticks <= ticks + 8'd1;
    else begin
      ticks <= 8'd0;
      case (state)
        START: begin
          state <= DATA;
          index <= 3'd0;
          tx    <= shift[0];
        end
        DATA: begin
          index <= index + 3'd1;
          tx    <= index == 3'd7 ? 1'b1 : shift[index + 3'd1];
          if (index == 3'd7) state <= STOP;
        end
        default: state <= IDLE;
      endcase
    end
endmodule

module uart_rx #(parameter DIV = 4) (
  input            clk,
  input            rst_n,
  input            rx,
  output reg [7:0] data,
  output reg       valid,
  output reg       error
);
  localparam IDLE = 2'd0, START = 2'd1, DATA = 2'd2, STOP = 2'd3;
  reg [1:0] state, sync;
  reg [7:0] shift, ticks;
  reg [2:0] index;
  wire line = sync[1];

  always @(posedge clk or negedge rst_n)
    if (!rst_n) sync <= 2'b11;
    else        sync <= {sync[0], rx};

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      state <= IDLE;
      ticks <= 8'd0;
      index <= 3'd0;
      shift <= 8'd0;
      data  <= 8'd0;
      valid <= 1'b0;
      error <= 1'b0;
    end else begin
      valid <= 1'b0;
      error <= 1'b0;
      ticks <= ticks + 8'd1;
      case (state)
        IDLE: begin
          ticks <= 8'd0;
          if (!line) state <= START;
        end
        START:
          if (ticks == DIV / 2 - 1) begin
            ticks <= 8'd0;
            index <= 3'd0;
            state <= line ? IDLE : DATA;
          end
        DATA:
          if (ticks == DIV - 1) begin
            ticks <= 8'd0;
            shift <= {line, shift[7:1]};
            index <= index + 3'd1;
            if (index == 3'd7) state <= STOP;
          end
        STOP:
          if (ticks == DIV - 1) begin
            state <= IDLE;
            valid <= line;
            error <= !line;
            if (line) data <= shift;
          end
      endcase
    end
endmodule
