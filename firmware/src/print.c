#include "print.h"

#include "crc32.h"
#include "uart.h"

static uint32_t crc;

static void put(char character)
{
    const uint8_t byte = (uint8_t)character;
    crc = crc32_bytes(crc, &byte, 1);
    uart_put(byte);
}

void print(const char *text)
{
    while (*text) put(*text++);
}

void print_number(uint32_t number)
{
    char digits[11];
    char *at = digits + sizeof digits;
    *--at = 0;
    do *--at = (char)('0' + number % 10u);
    while (number /= 10u);
    print(at);
}

void print_hex(uint32_t number)
{
    print("0x");
    for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[number >> shift & 0xfu]);
}

uint32_t print_take_crc(void)
{
    const uint32_t taken = crc;
    crc = 0;
    return taken;
}
