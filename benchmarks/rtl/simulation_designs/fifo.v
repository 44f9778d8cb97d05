// spec: A first-in first-out buffer of 4 words of @N@ bits, on one clock. write at 1 takes in d unless full; read at 1 drops the oldest word unless empty. q is the oldest word, 0 when empty. Both may happen in one cycle. rst at 1 empties it.
// difficulty: 0.95
// sizes: 4 8
module @TOP@(input clk, input rst, input write, input read, input [@N-1@:0] d,
             output [@N-1@:0] q, output full, output empty);
  reg [@N-1@:0] slot0, slot1, slot2, slot3;
  reg [1:0] head, tail;
  reg [2:0] count;
  wire put = write && !full;
  wire get = read && !empty;
  assign full = count == 3'd4;
  assign empty = count == 3'd0;
  assign q = empty ? 0 : head == 2'd0 ? slot0 : head == 2'd1 ? slot1 : head == 2'd2 ? slot2 : slot3;
  always @(posedge clk) begin
    if (rst) begin
      head <= 2'd0;
      tail <= 2'd0;
      count <= 3'd0;
    end else begin
      if (put) begin
        case (tail)
          2'd0: slot0 <= d;
          2'd1: slot1 <= d;
          2'd2: slot2 <= d;
          default: slot3 <= d;
        endcase
        tail <= tail + 2'd1;
      end
      if (get) head <= head + 2'd1;
      if (put && !get) count <= count + 3'd1;
      else if (get && !put) count <= count - 3'd1;
    end
  end
endmodule
