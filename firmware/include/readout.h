/* Predictions from collected packets. */
#ifndef SHIFTFIRE_READOUT_H
#define SHIFTFIRE_READOUT_H
#include <stdint.h>

#include "image.h"

/* Words that `readout_sum` needs for the sums of so many samples. */
uint32_t readout_words(const struct image *image, uint32_t samples);
/* Sum the classes' values of `samples` samples over `count` packets, two words each. */
void readout_sum(
    const struct image *image, const volatile uint32_t *packets, uint32_t count, uint32_t samples, volatile uint32_t *sums);
/* The prediction for a sample: the first class with the largest sum. */
uint32_t readout_prediction(const struct image *image, const volatile uint32_t *sums, uint32_t sample);

#endif
