/* The fabric, through its I/O tile. Addresses and lengths count memory words. */
#ifndef SHIFTFIRE_IO_TILE_H
#define SHIFTFIRE_IO_TILE_H
#include <stdint.h>

#include "status.h"

struct io_tile_job {
    uint32_t inject, inject_words;         /* injection program */
    uint32_t collect, collect_limit, ends; /* place and room for collected packets, END packets that end the run */
    uint32_t drain;                        /* 1: the run ends when the fabric is quiet as well */
};

struct io_tile_result {
    uint32_t cycles, packets;
};

/* The contract fingerprint of the hardware. */
uint32_t io_tile_fingerprint(void);
/* Columns and rows of the mesh. */
uint32_t io_tile_width(void);
uint32_t io_tile_height(void);

/* Play `entries` of the configuration image at `base`; the values that it reads go to `read_base`. Returns SF_OK, SF_ERROR_TIMEOUT, SF_ERROR_DMA_FAULT
   or SF_ERROR_BUS_FAULT; after an error the fabric has been reset. */
enum sf_status io_tile_configure(uint32_t base, uint32_t entries, uint32_t read_base);
/* Cycles of the last configuration. */
uint32_t io_tile_config_cycles(void);
/* Run a job, for `limit` cycles at most. As io_tile_configure, and SF_ERROR_OVERFLOW; `result` is what happened, whatever is returned. */
enum sf_status io_tile_run(const struct io_tile_job *job, uint32_t limit, struct io_tile_result *result);

/* Words of the configuration images below, for so many tiles. */
uint32_t io_tile_clear_words(uint32_t tiles);
uint32_t io_tile_read_words(uint32_t tiles);
/* Write an image that clears all counters, or one that reads them: tile by tile, in order of the counters. Both return the entries. */
uint32_t io_tile_clear_image(volatile uint32_t *words, uint32_t tiles);
uint32_t io_tile_read_image(volatile uint32_t *words, uint32_t tiles);

#endif
