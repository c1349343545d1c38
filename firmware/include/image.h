/* Program images: checked once as a whole, then read without doubt. */
#ifndef SHIFTFIRE_IMAGE_H
#define SHIFTFIRE_IMAGE_H
#include <stdint.h>

#include "status.h"

struct image {
    const volatile uint32_t *words; /* main memory from word 0 on */
    uint32_t size;                  /* words */
    char name[33];
};

/* Check the image that lies at `words`, of a memory of `memory_words`, for hardware of this fingerprint and chip digest. `image` is valid if SF_OK. */
enum sf_status image_open(
    struct image *image, const volatile uint32_t *words, uint32_t memory_words, uint32_t fingerprint, uint32_t chip_digest);
/* A word of the header, by SF_HEADER_...; of a run's record, by SF_RUN_...; of an output's, by SF_OUTPUT_... */
uint32_t image_header(const struct image *image, uint32_t field);
uint32_t image_run(const struct image *image, uint32_t run, uint32_t field);
uint32_t image_output(const struct image *image, uint32_t output, uint32_t field);

#endif
