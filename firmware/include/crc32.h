/* CRC-32, of bytes or of words as bytes from the lowest on. */
#ifndef SHIFTFIRE_CRC32_H
#define SHIFTFIRE_CRC32_H
#include <stdint.h>

/* That of what `crc` is the CRC of, and `count` bytes behind it; the CRC of nothing is 0. */
uint32_t crc32_bytes(uint32_t crc, const uint8_t *bytes, uint32_t count);
uint32_t crc32_words(const volatile uint32_t *words, uint32_t count);

#endif
