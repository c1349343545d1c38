#include "print.h"

#include "uart.h"

void print(const char *text)
{
    while (*text) uart_put((uint8_t)*text++);
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
    for (int shift = 28; shift >= 0; shift -= 4) uart_put((uint8_t)"0123456789abcdef"[number >> shift & 0xfu]);
}
