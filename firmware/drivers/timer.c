#include "timer.h"

#include "mmio.h"

void timer_start(uint32_t cycles)
{
    mmio_write(SF_TIMER_BASE, SF_TIMER_LOAD, cycles ? cycles : 1u);
}

void timer_stop(void)
{
    mmio_write(SF_TIMER_BASE, SF_TIMER_LOAD, 0);
}

uint32_t timer_cycles(void)
{
    return mmio_read(SF_TIMER_BASE, SF_TIMER_CYCLES);
}
