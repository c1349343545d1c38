/* Text to the serial port; it must not have the link's FLAG in it, '~'. */
#ifndef SHIFTFIRE_PRINT_H
#define SHIFTFIRE_PRINT_H
#include <stdint.h>

void print(const char *text);
void print_number(uint32_t number);
/* As 0x and eight digits. */
void print_hex(uint32_t number);
/* The CRC-32 of everything printed since this was last called. */
uint32_t print_take_crc(void);

#endif
