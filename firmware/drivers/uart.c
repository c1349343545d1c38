#include "uart.h"

#include "mmio.h"

void uart_set_divisor(uint32_t cycles)
{
    const uint32_t most = (1u << SF_UART_DIVISOR_BITS) - 1u;
    if (cycles < SF_UART_LEAST_DIVISOR) cycles = SF_UART_LEAST_DIVISOR;
    mmio_write(SF_UART_BASE, SF_UART_DIVISOR, cycles > most ? most : cycles);
}

static uint32_t status(uint32_t bit)
{
    return mmio_read(SF_UART_BASE, SF_UART_STATUS) >> bit & 1u;
}

void uart_put(uint8_t byte)
{
    while (!status(SF_UART_STATUS_ROOM)) { }
    mmio_write(SF_UART_BASE, SF_UART_TRANSMIT, byte);
}

int uart_get(void)
{
    const uint32_t word = mmio_read(SF_UART_BASE, SF_UART_RECEIVE);
    return word >> SF_UART_RECEIVE_VALID & 1u ? (int)(word & 0xffu) : -1;
}

void uart_flush(void)
{
    while (status(SF_UART_STATUS_SENDING)) { }
}
