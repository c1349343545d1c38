"""The I/O tile: register bus, configuration, injection and collection DMA over one memory port."""
