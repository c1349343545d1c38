"""What carries packets and configuration words: queue, arbiter, router, configuration chain."""
