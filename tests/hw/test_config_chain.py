"""The configuration chain's node in cocotb, three in a row."""

from designs import ConfigChain

TILES, WORDS = 3, 8


def test_random_words(cocotb_bench):
    design = ConfigChain(tiles=TILES, words=WORDS)
    cocotb_bench(design, bench="bench_config_chain", name="config-chain", TILES=TILES, WORDS=WORDS)
