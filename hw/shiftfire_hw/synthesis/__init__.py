"""Area, clock and cycles of single units on an ECP5 FPGA: Yosys and nextpnr through their YoWASP packages (extra ``synthesis``)."""
