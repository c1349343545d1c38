#include "crc32.h"

#include "shiftfire_contract.h"

static uint32_t table[256];

static void fill_table(void)
{
    for (uint32_t byte = 0; byte < 256u; ++byte) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = value & 1u ? value >> 1 ^ SF_IMAGE_CRC_POLYNOMIAL : value >> 1;
        table[byte] = value;
    }
}

uint32_t crc32_bytes(uint32_t crc, const uint8_t *bytes, uint32_t count)
{
    if (!table[1]) fill_table();
    crc = ~crc;
    for (uint32_t i = 0; i < count; ++i) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xffu];
    return ~crc;
}

uint32_t crc32_words(const volatile uint32_t *words, uint32_t count)
{
    uint32_t crc = 0xffffffffu;
    if (!table[1]) fill_table();
    for (uint32_t i = 0; i < count; ++i) {
        crc ^= words[i];
        for (int byte = 0; byte < 4; ++byte) crc = crc >> 8 ^ table[crc & 0xffu];
    }
    return ~crc;
}
