#include "system.h"

#include "mmio.h"

uint32_t system_chip_digest(void)
{
    return mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_CHIP_DIGEST);
}

uint32_t system_memory_words(void)
{
    return mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_MEMORY_WORDS);
}

uint32_t system_clock_khz(void)
{
    return mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_CLOCK_KHZ);
}

enum sf_status system_fault(uint32_t *address)
{
    const uint32_t fault = mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_FAULT);
    if (fault >> SF_FAULT_DMA & 1u) {
        *address = mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_DMA_ADDRESS);
        return SF_ERROR_DMA_FAULT;
    }
    if (fault >> SF_FAULT_BUS & 1u) {
        *address = mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_BUS_ADDRESS);
        return SF_ERROR_BUS_FAULT;
    }
    return SF_OK;
}

void system_clear_faults(void)
{
    mmio_write(SF_SYSTEM_BASE, SF_SYSTEM_CLEAR, 1);
}

void system_reset_fabric(void)
{
    mmio_write(SF_SYSTEM_BASE, SF_SYSTEM_FABRIC_RESET, 1);
    while (mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_RESETTING) & 1u) { }
}

void system_done(uint32_t code)
{
    mmio_write(SF_SYSTEM_BASE, SF_SYSTEM_EXIT, code);
}

_Noreturn void system_exit(uint32_t code)
{
    system_done(code);
    for (;;) mmio_read(SF_SYSTEM_BASE, SF_SYSTEM_EXIT);
}
