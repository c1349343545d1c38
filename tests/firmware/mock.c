/* The hardware, as a test in Python has it. */
#include <stdint.h>

#include "interrupts.h"
#include "mmio.h"

typedef uint32_t (*read_hook)(uint32_t base, uint32_t index);
typedef void (*write_hook)(uint32_t base, uint32_t index, uint32_t value);
typedef uint32_t (*interrupt_hook)(uint32_t operation, uint32_t mask);

enum { ENABLE, PENDING, WAIT };

static read_hook on_read;
static write_hook on_write;
static interrupt_hook on_interrupt;

void mock_install(read_hook read, write_hook write, interrupt_hook interrupt);

void mock_install(read_hook read, write_hook write, interrupt_hook interrupt)
{
    on_read = read;
    on_write = write;
    on_interrupt = interrupt;
}

uint32_t mmio_read(uint32_t base, uint32_t index)
{
    return on_read(base, index);
}

void mmio_write(uint32_t base, uint32_t index, uint32_t value)
{
    on_write(base, index, value);
}

void interrupts_enable(uint32_t mask)
{
    on_interrupt(ENABLE, mask);
}

uint32_t interrupts_pending(void)
{
    return on_interrupt(PENDING, 0);
}

void interrupts_wait(void)
{
    on_interrupt(WAIT, 0);
}
