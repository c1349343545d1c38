/* Registers by window and index. On the host, tests supply mmio_read and mmio_write (SF_MOCK). */
#ifndef SHIFTFIRE_MMIO_H
#define SHIFTFIRE_MMIO_H
#include <stdint.h>

#include "shiftfire_contract.h"

#ifdef SF_MOCK
uint32_t mmio_read(uint32_t base, uint32_t index);
void mmio_write(uint32_t base, uint32_t index, uint32_t value);
#else
static inline uint32_t mmio_read(uint32_t base, uint32_t index)
{
    return *(volatile uint32_t *)(uintptr_t)(base + 4u * index);
}

static inline void mmio_write(uint32_t base, uint32_t index, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(base + 4u * index) = value;
}
#endif

#endif
