// The SoC's boot RAM in simulation: filled from boot.hex in the working directory, so that one build runs any firmware.
// What it does in a cycle is what `shiftfire_hw.soc.boot_ram` does.
module shiftfire_boot_ram #(
  parameter WORDS = 8192
) (
  input clk,
  input rst,
  input bus__cyc,
  input bus__stb,
  input bus__we,
  input [$clog2(WORDS)-1:0] bus__adr,
  input [3:0] bus__sel,
  input [31:0] bus__dat_w,
  output reg [31:0] bus__dat_r,
  output reg bus__ack,
  output bus__err
);
  reg [31:0] words [0:WORDS-1];
  integer i;

  wire first = bus__cyc && bus__stb && !bus__ack;
  assign bus__err = 0;

  initial begin
    bus__ack = 0;
    $readmemh("boot.hex", words);
  end

  always @(posedge clk) begin
    bus__ack <= first && !rst;
    if (first) bus__dat_r <= words[bus__adr];
    for (i = 0; i < 4; i = i + 1)
      if (first && bus__we && bus__sel[i]) words[bus__adr][8*i +: 8] <= bus__dat_w[8*i +: 8];
  end
endmodule
