// The definition of PTSOFTMAX, written by search, against the step unit `step`: any row of ENTRIES scores of -RANGE..RANGE-1, any mask,
// shift and rule, with stalls, whatever state the rows before left behind.
module proof #(
    parameter ENTRIES = 4,
    parameter LANES = 2,
    parameter BITS = 8,
    parameter RANGE = 16,
    parameter MAX_SHIFT = 4
) (
    input clk
);
    localparam STEPS = ENTRIES / LANES;
    localparam SCALE = 2 * RANGE;  // no d exceeds it: every 2^-d is whole in units of 2^-SCALE
    localparam ZERO = 15;          // the code of the exponent that stands for zero
    (* anyconst *) reg [BITS*ENTRIES-1:0] row;
    (* anyconst *) reg [ENTRIES-1:0] part;
    (* anyconst *) reg [4:0] shift;
    (* anyconst *) reg rule;
    (* anyseq *) reg advance;
    reg [1:0] phase = 0;
    reg [3:0] position = 0;
    wire [4*LANES-1:0] exponent;
    wire [LANES-1:0] exponent_valid;
    step dut (
        .clk(clk), .rst(1'b0), .shift(shift), .rule(rule), .phase(phase), .first(position == 0), .advance(advance),
        .a(row[BITS*LANES*position +: BITS*LANES]), .valid(part[LANES*position +: LANES]),
        .exponent(exponent), .exponent_valid(exponent_valid)
    );
    always @(posedge clk)
        if (advance && phase != 3) begin
            position <= position == STEPS - 1 ? 0 : position + 1;
            if (position == STEPS - 1) phase <= phase + 1;
        end

    integer i, c, k, best;
    reg signed [31:0] a[ENTRIES], ceiling[ENTRIES], greatest, e[ENTRIES];
    reg any;
    reg [SCALE+4:0] total, power, distance, least;
    always @* begin
        greatest = 0;
        any = 0;
        for (i = 0; i < ENTRIES; i = i + 1) begin
            a[i] = $signed(row[BITS*i +: BITS]);
            assume (a[i] >= -RANGE && a[i] < RANGE);
            ceiling[i] = 0;
            for (c = RANGE; c >= -RANGE; c = c - 1)  // the least c with c * 2^shift >= a
                if ((c <<< shift) >= a[i]) ceiling[i] = c;
            if (part[i] && (!any || ceiling[i] > greatest)) greatest = ceiling[i];
            any = any | part[i];
        end
        assume (shift <= MAX_SHIFT);
        assume (rule <= 1);
        total = 0;
        for (i = 0; i < ENTRIES; i = i + 1)
            if (part[i]) total = total + ({{(SCALE+4){1'b0}}, 1'b1} << (SCALE + ceiling[i] - greatest));
        best = 0;
        least = {(SCALE+5){1'b1}};
        for (k = 3; k >= 0; k = k - 1) begin  // from above, so that the greater of two equally near stays
            power = {{(SCALE+4){1'b0}}, 1'b1} << (SCALE + k);
            distance = total > power ? total - power : power - total;
            if (rule == 0 && distance < least) begin
                least = distance;
                best = k;
            end
            if (rule == 1 && power >= total) best = k;
        end
        for (i = 0; i < ENTRIES; i = i + 1) e[i] = greatest - ceiling[i] + best;
    end

    integer lane;
    always @(posedge clk)
        if (phase == 2)
            for (lane = 0; lane < LANES; lane = lane + 1) begin
                assert (exponent_valid[lane] == (part[LANES*position+lane] && e[LANES*position+lane] < ZERO));
                if (exponent_valid[lane]) assert (exponent[4*lane +: 4] == e[LANES*position+lane]);
            end
endmodule
