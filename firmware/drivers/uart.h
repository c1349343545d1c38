/* Serial port. */
#ifndef SHIFTFIRE_UART_H
#define SHIFTFIRE_UART_H
#include <stdint.h>

/* Set the cycles per bit: clock / rate. Too few are rounded up to the least possible, too many down to the most. */
void uart_set_divisor(uint32_t cycles);
/* Send a byte; waits for room. */
void uart_put(uint8_t byte);
/* The oldest byte received, or -1. */
int uart_get(void);
/* Wait until everything is sent. */
void uart_flush(void);

#endif
