"""How Yosys is told to synthesise for an iCE40."""

ICE40_SYNTHESIS = (
    "scratchpad -copy abc9.script.flow3 abc9.script; hierarchy -top {top}; proc; flatten; opt -full; wreduce; peepopt; opt -full;"
    " synth_ice40 -device u -dff -dffe_min_ce_use 4 -top {top}"
)
"""For area: widths are reduced over the whole design, equal flip-flops merged, few share an enable, and ABC works longest."""
