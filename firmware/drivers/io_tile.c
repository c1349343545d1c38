#include "io_tile.h"

#include "interrupts.h"
#include "mmio.h"
#include "system.h"
#include "timer.h"

/* A configuration takes two cycles per entry, and a few more where values are stored or the memory is slow. */
#define CONFIG_CYCLES_PER_ENTRY 64u
#define CONFIG_CYCLES_MORE 100000u
#define WORDS_PER_ENTRY 2u

static void set(uint32_t index, uint32_t value)
{
    mmio_write(SF_FABRIC_BASE, index, value);
}

static uint32_t get(uint32_t index)
{
    return mmio_read(SF_FABRIC_BASE, index);
}

uint32_t io_tile_fingerprint(void)
{
    return get(SF_IO_FINGERPRINT);
}

uint32_t io_tile_width(void)
{
    return get(SF_IO_CHIP) & 0xffu;
}

uint32_t io_tile_height(void)
{
    return get(SF_IO_CHIP) >> 8 & 0xffu;
}

/* Start what `control` says, and sleep until it is over, has failed, or `limit` cycles have passed. */
static enum sf_status phase(uint32_t control, uint32_t limit)
{
    uint32_t address;
    enum sf_status status = SF_OK;
    set(SF_IO_CONTROL, 1u << SF_CONTROL_CLEAR);
    timer_start(limit);
    interrupts_enable(1u << SF_IRQ_FABRIC | 1u << SF_IRQ_TIMER | 1u << SF_IRQ_FAULT);
    set(SF_IO_CONTROL, control);
    for (;;) {
        const uint32_t pending = interrupts_pending();
        if (pending >> SF_IRQ_FAULT & 1u) status = system_fault(&address);
        else if (pending >> SF_IRQ_FABRIC & 1u) break;
        else if (pending >> SF_IRQ_TIMER & 1u) status = SF_ERROR_TIMEOUT;
        if (status != SF_OK) break;
        interrupts_wait();
    }
    interrupts_enable(0);
    timer_stop();
    set(SF_IO_CONTROL, 1u << SF_CONTROL_CLEAR);
    return status;
}

enum sf_status io_tile_configure(uint32_t base, uint32_t entries, uint32_t read_base)
{
    set(SF_IO_CONFIG_BASE, base);
    set(SF_IO_CONFIG_COUNT, entries);
    set(SF_IO_READ_BASE, read_base);
    const enum sf_status status = phase(1u << SF_CONTROL_CONFIGURE, entries * CONFIG_CYCLES_PER_ENTRY + CONFIG_CYCLES_MORE);
    if (status != SF_OK) system_reset_fabric();
    return status;
}

uint32_t io_tile_config_cycles(void)
{
    return get(SF_IO_CONFIG_CYCLES);
}

enum sf_status io_tile_run(const struct io_tile_job *job, uint32_t limit, struct io_tile_result *result)
{
    set(SF_IO_INJECT_BASE, job->inject);
    set(SF_IO_INJECT_COUNT, job->inject_words);
    set(SF_IO_COLLECT_BASE, job->collect);
    set(SF_IO_COLLECT_LIMIT, job->collect_limit);
    set(SF_IO_COLLECT_ENDS, job->ends);
    enum sf_status status = phase(1u << SF_CONTROL_RUN | job->drain << SF_CONTROL_DRAIN, limit);
    result->cycles = get(SF_IO_CYCLES);
    result->packets = get(SF_IO_COLLECT_COUNT);
    if (status == SF_OK && (get(SF_IO_STATUS) >> SF_STATUS_OVERFLOW & 1u)) status = SF_ERROR_OVERFLOW;
    if (status != SF_OK) system_reset_fabric();
    return status;
}

uint32_t io_tile_clear_words(uint32_t tiles)
{
    return WORDS_PER_ENTRY * tiles;
}

uint32_t io_tile_read_words(uint32_t tiles)
{
    return WORDS_PER_ENTRY * tiles * SF_COUNTERS;
}

static uint32_t counter(uint32_t tile, uint32_t number)
{
    return number << SF_CONFIG_ADDRESS_OFFSET_SHIFT | (uint32_t)SF_SPACE_COUNTER << SF_CONFIG_ADDRESS_SPACE_SHIFT
           | tile << SF_CONFIG_ADDRESS_TILE_SHIFT;
}

uint32_t io_tile_clear_image(volatile uint32_t *words, uint32_t tiles)
{
    for (uint32_t tile = 0; tile < tiles; ++tile) {
        *words++ = counter(tile, 0);
        *words++ = 0;
    }
    return tiles;
}

uint32_t io_tile_read_image(volatile uint32_t *words, uint32_t tiles)
{
    for (uint32_t tile = 0; tile < tiles; ++tile) {
        for (uint32_t number = 0; number < SF_COUNTERS; ++number) {
            *words++ = counter(tile, number) | SF_CONFIG_ADDRESS_READ_MASK;
            *words++ = 0;
        }
    }
    return tiles * SF_COUNTERS;
}
