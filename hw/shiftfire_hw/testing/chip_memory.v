// The memory of a chip under cocotb: what `docs/architecture.md` says of it under "I/O tile", in Verilog so that no Python runs per cycle.
//
// A read accepted in cycle t is answered in cycle t + LATENCY with the word as it was in cycle t; a write accepted in t shows from t + 1 on.
// No request is taken in the last STALL of every PERIOD cycles, counted from the cycle after `restart`.
// `fault` rises, and stays, when a request accepted is for a word at or past `size`.
// A rise of `load` fills the memory from words.hex, a rise of `store` writes words store_first to store_last to stored.hex, both in the working directory.
module chip_memory #(
  parameter WORDS = 1,
  parameter LATENCY = 1,
  parameter PERIOD = 1,
  parameter STALL = 0
) (
  input clk,
  input restart,
  input [31:0] size,
  input load,
  input store,
  input [31:0] store_first,
  input [31:0] store_last,
  input req_valid,
  output req_ready,
  input req_write,
  input [31:0] req_address,
  input [31:0] req_data,
  output rsp_valid,
  output [31:0] rsp_data,
  output reg fault
);
  reg [31:0] words [0:WORDS-1];
  // A wheel of LATENCY answers: the entry of a cycle is answered in it, then takes that cycle's request.
  reg due [0:LATENCY-1];
  reg [31:0] answers [0:LATENCY-1];
  reg [31:0] entry;
  reg [31:0] cycle;
  integer i;

  wire accepted = req_valid && req_ready;
  wire exists = req_address < size && req_address < WORDS;
  assign req_ready = cycle < PERIOD - STALL;
  assign rsp_valid = due[entry];
  assign rsp_data = answers[entry];

  initial begin
    entry = 0;
    cycle = 0;
    fault = 0;
    for (i = 0; i < LATENCY; i = i + 1) due[i] = 0;
  end

  always @(posedge clk) begin
    entry <= entry + 1 == LATENCY ? 0 : entry + 1;
    cycle <= restart || cycle + 1 == PERIOD ? 0 : cycle + 1;
    due[entry] <= accepted && !req_write && exists;
    if (accepted && !exists) fault <= 1;
    if (accepted && exists)
      if (req_write) words[req_address] <= req_data;
      else answers[entry] <= words[req_address];
  end

  always @(posedge load) $readmemh("words.hex", words);
  always @(posedge store) $writememh("stored.hex", words, store_first, store_last);
endmodule
