/* Text to the serial port. */
#ifndef SHIFTFIRE_PRINT_H
#define SHIFTFIRE_PRINT_H
#include <stdint.h>

void print(const char *text);
void print_number(uint32_t number);
/* As 0x and eight digits. */
void print_hex(uint32_t number);

#endif
