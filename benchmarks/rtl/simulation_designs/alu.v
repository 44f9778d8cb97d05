// spec: A @N@-bit ALU without a clock: op 0 adds a and b, 1 subtracts b from a, 2 is and, 3 or, 4 exclusive or, 5 is 1 when a is below b and 0 otherwise (unsigned), 6 and 7 give a. zero is 1 when y is 0.
// difficulty: 0.35
// sizes: 4 8
module @TOP@(input [@N-1@:0] a, input [@N-1@:0] b, input [2:0] op, output reg [@N-1@:0] y,
             output zero);
  assign zero = y == 0;
  always @* begin
    case (op)
      3'd0: y = a + b;
      3'd1: y = a - b;
      3'd2: y = a & b;
      3'd3: y = a | b;
      3'd4: y = a ^ b;
      3'd5: y = (a < b) ? 1 : 0;
      default: y = a;
    endcase
  end
endmodule
