/* CRC-32 of words, as bytes from the lowest on. */
#ifndef SHIFTFIRE_CRC32_H
#define SHIFTFIRE_CRC32_H
#include <stdint.h>

uint32_t crc32_words(const volatile uint32_t *words, uint32_t count);

#endif
